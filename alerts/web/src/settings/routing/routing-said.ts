/** Rules as sentences that a person can read. */

import { wordFor } from '../../lib/lookup';
import type { Language } from '../../lib/time';
import type { Words } from '../../lib/words/id';
import type { words as shape } from '../../lib/words/pages/routing-id';
import { overnight, spoken } from '../people/people-shifts';
import { ordered } from './routing-document';
import type { Hours, Rule, Step } from './routing';

/** All that sentences are made of; `place` gives the name of an area by its code. */
export interface Voice {
  language: Language;
  common: Words;
  words: typeof shape;
  channels: Readonly<Record<string, string>>;
  place: (code: string) => string;
}

const LOCALE: Readonly<Record<Language, string>> = { id: 'id-ID', en: 'en-GB' };

export const listed = (texts: readonly string[], { language }: Pick<Voice, 'language'>, type: 'conjunction' | 'disjunction' = 'conjunction'): string =>
  new Intl.ListFormat(LOCALE[language], { type }).format(texts);

/** `1 jam 30 menit`; `seketika` for no time at all. */
export function duration(seconds: number, { words }: Pick<Voice, 'words'>): string {
  const parts: [number, (count: number) => string][] = [
    [Math.floor(seconds / 3600), words.hours],
    [Math.floor((seconds % 3600) / 60), words.minutes],
    [seconds % 60, words.seconds],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => word(count));
  return said.join(' ') || words.atOnce;
}

export const kindName = (kind: string, { words, common }: Pick<Voice, 'words' | 'common'>): string =>
  wordFor({ ...common.kinds, ...words.families }, kind);

/** The rules that every centre begins with have names of their own. */
export const ruleName = (name: string, { words }: Pick<Voice, 'words'>): string => wordFor(words.named, name);

/** Clock times as forms have them, with the point of Indonesian clocks. */
const clock = (time: string, { language }: Voice): string => (language === 'id' ? time.replace(':', '.') : time);

function when(hours: Hours, voice: Voice): string {
  const { words } = voice;
  const times = words.between(clock(hours.start, voice), clock(hours.end, voice)) + (overnight(hours) ? ` ${words.nextDay}` : '');
  return hours.days.length === 7 ? times : `${spoken(hours.days, voice.language)}, ${times}`;
}

/** Which incidents a rule is for: `Kebakaran, bertingkat Tinggi`. */
export function forWhat(rule: Rule, last: boolean, voice: Voice): string {
  const { words, common } = voice;
  const narrowed = [
    rule.severities.length > 0 ? words.ofSeverity(listed(rule.severities.map((one) => common.severity[one]), voice, 'disjunction')) : '',
    rule.levels.length > 0 ? words.ofLevel(listed(rule.levels.map(String), voice, 'disjunction')) : '',
    rule.area === '' ? '' : words.inArea(voice.place(rule.area)),
    rule.hours === null ? '' : when(rule.hours, voice),
  ].filter(Boolean);
  if (rule.kinds.length === 0 && narrowed.length === 0) return last ? words.everythingElse : words.everything;
  const what = rule.kinds.length === 0 ? words.anyKind : listed(rule.kinds.map((kind) => kindName(kind, voice)), voice, 'disjunction');
  return `${[what, ...narrowed].join(', ')}.`;
}

/** Whom a step tells, by roles and names. */
export const whoOf = ({ roles, users }: { roles: readonly string[]; users: readonly string[] }, voice: Pick<Voice, 'common' | 'language'>): string =>
  listed([...roles.map((role) => wordFor(voice.common.roles, role)), ...users], voice);

/** When a step comes: `Setelah 10 menit`. */
export function whenOf({ after_s, since }: Pick<Step, 'after_s' | 'since'>, voice: Pick<Voice, 'words'>): string {
  const { words } = voice;
  if (since === 'claimed') return after_s === 0 ? words.onClaim : words.afterClaim(duration(after_s, voice));
  return after_s === 0 ? words.now : words.after(duration(after_s, voice));
}

/** One step as a sentence without its time. */
export function stepSaid(step: Step, voice: Voice): string {
  const by = step.channels.length > 0 ? voice.words.onlyBy(listed(step.channels.map((one) => wordFor(voice.channels, one)), voice)) : '';
  return voice.words.told(whoOf(step, voice), by, voice.words.unless[step.until]);
}

/** A rule line by line, as two versions of it are compared. */
export const linesOf = (rule: Rule, last: boolean, voice: Voice): string[] => [
  forWhat(rule, last, voice),
  ...ordered(rule.steps).map((step) => `${whenOf(step, voice)}: ${stepSaid(step, voice)}`),
];
