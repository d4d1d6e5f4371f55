/** What lies between two documents of rules. A rule is the same one while it keeps its name, or all but its name. */

import { ordered } from './routing-document';
import type { Rule } from './routing';

export type Difference =
  | { change: 'added'; name: string; after: Rule; to: number }
  | { change: 'removed'; name: string; before: Rule; from: number }
  | { change: 'renamed'; name: string; was: string; from: number; to: number }
  | { change: 'changed' | 'moved'; name: string; before: Rule; after: Rule; from: number; to: number };

/** Positions count from 1. A rule that was changed and moved counts as changed. */
export function compare(before: readonly Rule[], after: readonly Rule[]): Difference[] {
  const was = new Map(before.map((rule, at) => [rule.name, { rule, at }]));
  const is = new Set(after.map(({ name }) => name));
  const common = after.flatMap(({ name }) => was.get(name)?.at ?? []);
  const kept = new Set(rising(common));
  const removed = before.flatMap((rule, at): Difference[] => (is.has(rule.name) ? [] : [{ change: 'removed', name: rule.name, before: rule, from: at + 1 }]));
  const rest = after.flatMap((rule, at): Difference[] => {
    const old = was.get(rule.name);
    if (old === undefined) return [{ change: 'added', name: rule.name, after: rule, to: at + 1 }];
    const change = alike(old.rule, rule) ? (kept.has(old.at) ? null : 'moved') : 'changed';
    return change === null ? [] : [{ change, name: rule.name, before: old.rule, after: rule, from: old.at + 1, to: at + 1 }];
  });
  return renamed([...rest, ...removed]);
}

/** A rule that is gone and one that is new, alike in all but their names, are one that was renamed. */
function renamed(found: readonly Difference[]): Difference[] {
  const gone = found.flatMap((one) => (one.change === 'removed' ? [one] : []));
  const taken: Difference[] = [];
  const said = found.map((one): Difference => {
    const old = one.change === 'added' ? gone.find((each) => !taken.includes(each) && alike(each.before, one.after)) : undefined;
    if (one.change !== 'added' || old === undefined) return one;
    taken.push(old);
    return { change: 'renamed', name: one.name, was: old.name, from: old.from, to: one.to };
  });
  return said.filter((one) => !taken.includes(one));
}

const alike = (one: Rule, other: Rule): boolean =>
  JSON.stringify(plain(one)) === JSON.stringify(plain(other));

const plain = ({ steps, kinds, severities, levels, area, hours }: Rule): unknown => [
  ordered(steps).map(({ after_s, roles, users, channels, until, since }) => [after_s, roles, users, channels, until, since]),
  [...kinds].sort(),
  [...severities].sort(),
  [...levels].sort(),
  area,
  hours && [hours.start, hours.end, hours.days],
];

/** The longest part of a list of positions that rises: what stayed where it was, while the rest was moved. */
function rising(positions: readonly number[]): number[] {
  const best: number[][] = [];
  for (const [at, position] of positions.entries()) {
    const before = best.slice(0, at).filter((run) => (run.at(-1) ?? -1) < position);
    const longest = before.reduce<number[]>((most, run) => (run.length > most.length ? run : most), []);
    best.push([...longest, position]);
  }
  return best.reduce<number[]>((most, run) => (run.length > most.length ? run : most), []);
}

/** Lines that are gone, that stayed, and that are new, in the order in which one reads them. */
export function lines(before: readonly string[], after: readonly string[]): { text: string; sort: 'gone' | 'kept' | 'new' }[] {
  const gone = before.filter((line) => !after.includes(line)).map((text) => ({ text, sort: 'gone' as const }));
  const rest = after.map((text) => ({ text, sort: before.includes(text) ? ('kept' as const) : ('new' as const) }));
  const at = rest.findIndex(({ sort }) => sort === 'new');
  return at < 0 ? [...rest, ...gone] : [...rest.slice(0, at), ...gone, ...rest.slice(at)];
}
