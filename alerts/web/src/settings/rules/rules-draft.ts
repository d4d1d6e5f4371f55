/** Rules while somebody works on them: what each kind asks for, what is still wrong, and what goes to the edge. */

import { area, distance } from './rules-shapes';
import type { Point, Rule, RuleMode } from './rules';
import { readWindow, type Window, writeWindow } from './rules-schedule';

export const ZONE_KINDS = ['intrusion', 'loitering', 'crowd', 'stopped', 'left', 'removed', 'motion'] as const;
export const LINE_KIND = 'crossing';
export const HEALTH_KINDS = ['covered', 'moved', 'defocused', 'frozen', 'dark', 'silent', 'clock'] as const;
export const KINDS: readonly string[] = [ZONE_KINDS[0], ZONE_KINDS[1], LINE_KIND, ...ZONE_KINDS.slice(2)];
export const MODES: readonly RuleMode[] = ['armed', 'night', 'mudik', 'disarmed'];
/** What a village's cameras mostly look for; the others stand behind "others". */
export const COMMON_CLASSES: readonly string[] = ['person', 'motorcycle', 'car', 'bicycle', 'truck', 'bus', 'dog', 'cat', 'cow', 'sheep'];
export const MAX_RULES = 32;

const TELLS_CLASSES: readonly string[] = ['intrusion', 'loitering', 'crossing', 'crowd', 'stopped'];
const NO_DWELL: readonly string[] = ['intrusion', 'crossing'];
const isHealth = (kind: string): boolean => (HEALTH_KINDS as readonly string[]).includes(kind);

export type Shape = 'zone' | 'line' | 'none';

export const shapeOf = (kind: string): Shape => (kind === LINE_KIND ? 'line' : isHealth(kind) ? 'none' : 'zone');

/** Which settings a kind has besides those that all have. */
export const asks = (kind: string) => ({
  classes: TELLS_CLASSES.includes(kind),
  dwell: !NO_DWELL.includes(kind),
  count: kind === 'crowd',
  size: kind === 'motion',
  direction: kind === LINE_KIND,
  modes: !isHealth(kind),
});

/** A rule under work; its windows are read apart, and `key` tells it from the others whatever its id. */
export interface Draft extends Omit<Rule, 'schedule'> {
  key: number;
  windows: readonly Window[];
}

let keys = 0;
const DEFAULTS: Rule = {
  id: '',
  kind: 'intrusion',
  zone: [],
  line: [],
  direction: 'both',
  dwell_s: 60,
  size: 0.1,
  count: 5,
  classes: ['person'],
  schedule: [],
  modes: ['armed', 'night', 'mudik'],
  severity: 2,
  cooldown_s: 30,
};

export function drafted(rule: Partial<Rule>): Draft {
  const { schedule, ...rest } = { ...DEFAULTS, ...rule };
  return { ...rest, key: ++keys, windows: schedule.map(readWindow) };
}

/** A new rule with an id that is still free. */
export function fresh(drafts: readonly Draft[], kind = 'intrusion'): Draft {
  const taken = drafts.map(({ id }) => id);
  let number = drafts.length + 1;
  while (taken.includes(`aturan-${number}`)) number += 1;
  return drafted({ id: `aturan-${number}`, kind });
}

/** A rule as it goes to the edge: what its kind does not ask for is left out, as one would in a file. */
export function written(draft: Draft): Partial<Rule> {
  const { id, kind, severity, cooldown_s } = draft;
  const asked = asks(kind);
  const shape = shapeOf(kind);
  return {
    id,
    kind,
    ...(shape === 'zone' ? { zone: draft.zone } : {}),
    ...(shape === 'line' ? { line: draft.line } : {}),
    ...(asked.direction ? { direction: draft.direction } : {}),
    ...(asked.dwell ? { dwell_s: draft.dwell_s } : {}),
    ...(asked.size ? { size: draft.size } : {}),
    ...(asked.count ? { count: draft.count } : {}),
    ...(asked.classes ? { classes: draft.classes } : {}),
    ...(asked.modes ? { modes: draft.modes } : {}),
    schedule: draft.windows.map(writeWindow),
    severity,
    cooldown_s,
  };
}

/** Whether two sets of rules say the same. */
export const same = (some: readonly Draft[], others: readonly Draft[]): boolean =>
  JSON.stringify(some.map(written)) === JSON.stringify(others.map(written));

export type Wrong = 'id' | 'twice' | 'zone' | 'line' | 'classes' | 'modes' | 'days' | 'never' | 'dwell' | 'count' | 'size' | 'cooldown';

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;
const between = (value: number, least: number, most: number): boolean => Number.isFinite(value) && value >= least && value <= most;

/** What is still wrong with a rule, as its edge would find; the first things first. */
export function wrongs(draft: Draft, all: readonly Draft[]): Wrong[] {
  const asked = asks(draft.kind);
  const found: [Wrong, boolean][] = [
    ['id', !SLUG.test(draft.id)],
    ['twice', all.some((other) => other.key !== draft.key && other.id === draft.id)],
    [shapeOf(draft.kind) === 'line' ? 'line' : 'zone', !drawn(draft)],
    ['classes', asked.classes && draft.classes.length === 0],
    ['modes', asked.modes && draft.modes.length === 0],
    ['days', draft.windows.some(({ days }) => days.length === 0)],
    ['never', draft.windows.some(({ start, end }) => start === '' || end === '' || (start === end && end !== '00:00'))],
    ['dwell', asked.dwell && !between(draft.dwell_s, 0, 86_400)],
    ['count', asked.count && !(between(draft.count, 2, 100) && Number.isInteger(draft.count))],
    ['size', asked.size && !between(draft.size, 0.02, 1)],
    ['cooldown', !between(draft.cooldown_s, 0, 86_400)],
  ];
  return found.filter(([, wrong]) => wrong).map(([name]) => name);
}

/** Whether a rule has the shape that its kind watches. */
export function drawn({ kind, zone, line }: Pick<Rule, 'kind' | 'zone' | 'line'>): boolean {
  const shape = shapeOf(kind);
  if (shape === 'none') return true;
  const [from, to] = line;
  if (shape === 'line') return line.length === 2 && from !== undefined && to !== undefined && distance(from, to) > 0;
  return zone.length >= 3 && area(zone) >= 1e-4;
}

export const points = (draft: Pick<Rule, 'kind' | 'zone' | 'line'>): readonly Point[] => (shapeOf(draft.kind) === 'line' ? draft.line : draft.zone);

/** A rule with other points, in the place that its kind has for them. */
export const withPoints = (draft: Draft, to: readonly Point[]): Draft =>
  shapeOf(draft.kind) === 'line' ? { ...draft, line: to } : { ...draft, zone: to };
