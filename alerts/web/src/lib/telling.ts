/** The words of ladders, notifications and histories, which name things as the centre does. */

import type { Closing, LadderStep, LogLine, Todo } from './model';
import { wordFor } from './speech.svelte';
import { wait, type Language } from './time';
import type { Words } from './words/id';

/** Whom a step of the ladder is for: `Ronda, RT`. */
export function whom(step: LadderStep, words: Words): string {
  return [...step.roles.map((role) => wordFor(words.roles, role)), ...step.users].join(', ');
}

/** Whom a step tells, and in how long: `RT dalam 40 d`. */
export function dueWords(step: LadderStep, now: number, words: Words): string {
  const who = whom(step, words);
  if (step.due_at === null) return words.side.held(who);
  if (Date.parse(step.due_at) <= now) return words.side.dueNow(who);
  return words.side.due(who, wait(step.due_at, now, words.age));
}

/** Notes begin with a name of the wire, and what people wrote follows after a colon: what to say for that name. */
const NAMED: Readonly<Record<string, (name: string, words: Words) => string>> = {
  verified: (name, words) => words.level(Number(name)),
  regraded: (name, words) => wordFor(words.severity, name),
  dispatched: (name, words) => wordFor(words.agencies, name),
  handed_over: (name, words) => wordFor(words.agencies, name),
  closed: (name, words) => (Object.hasOwn(words.resolutions, name) ? '' : name),
  reported: () => '',
  unreached: () => '',
};

/** What a line of the history says beside its deed: its note, with the names in it as people say them. */
export function remark(line: LogLine, procedure: readonly Todo[], words: Words, language: Language): string {
  const note = line.note ?? '';
  const step = line.action.startsWith('step_') ? procedure.find(({ id }) => id === note) : undefined;
  if (step !== undefined) return step.text[language];
  const [name = '', ...rest] = note.split(': ');
  const said = Object.hasOwn(NAMED, line.action) ? NAMED[line.action]?.(name, words) : name;
  return [said, rest.join(': ')].filter(Boolean).join(': ');
}

/** How a line of the history says that an incident was closed. */
export function deed(line: LogLine, words: Words): string {
  const [as = ''] = (line.note ?? '').split(': ');
  if (line.action !== 'closed' || !Object.hasOwn(words.resolutions, as)) return wordFor(words.incident.actions, line.action);
  return words.incident.closedAs(words.resolutions[as as Closing]);
}
