/** The document of rules as forms have it: every field there, and each rule and step with a key of its own. */

import { LEVELS, ROLES, SEVERITIES, type User } from '../../lib/model';
import { LEVEL, levelOf } from '../people/people-rules';
import { DAYS } from '../people/people-shifts';
import { STAGES, STARTS, type Document, type Hours, type Rule, type Step } from './routing';

export type DraftStep = Step & { key: number };
export type DraftRule = Omit<Rule, 'steps'> & { key: number; steps: DraftStep[] };

export const MOST_RULES = 200;
export const MOST_STEPS = 20;
export const MOST_NAME = 80;
export const MOST_NOTE = 500;
export const LONGEST_S = 24 * 3600;

let keys = 0;
const keyed = <T extends object>(value: T): T & { key: number } => ({ ...value, key: ++keys });

/** Whether somebody writes the rules, which hold for the whole centre. */
export const writesRules = ({ role, area }: User): boolean => role === 'admin' && levelOf(area) <= LEVEL.regency;

const wholeStep = (step: Partial<Step>): Step => ({
  after_s: step.after_s ?? 0,
  roles: [...(step.roles ?? [])],
  users: [...(step.users ?? [])],
  channels: [...(step.channels ?? [])],
  until: step.until ?? 'claimed',
  since: step.since ?? 'opened',
});

const wholeHours = ({ start = '', end = '', days = [...DAYS] }: Partial<Hours>): Hours => ({ start, end, days: [...days].sort((a, b) => a - b) });

/** The rules of a document with nothing left out. */
export const rulesOf = (document: Document): Rule[] =>
  document.rules.map((rule) => ({
    name: rule.name,
    steps: rule.steps.map(wholeStep),
    kinds: [...(rule.kinds ?? [])],
    severities: [...(rule.severities ?? [])],
    levels: [...(rule.levels ?? [])],
    area: rule.area ?? '',
    hours: rule.hours ? wholeHours(rule.hours) : null,
  }));

export const draftOf = (document: Document): DraftRule[] =>
  rulesOf(document).map((rule) => keyed({ ...rule, steps: rule.steps.map(keyed) }));

const given = <T>(name: string, list: readonly T[]): Record<string, readonly T[]> => (list.length > 0 ? { [name]: list } : {});

const bareStep = ({ after_s, roles, users, channels, until, since }: Step): Partial<Step> => ({
  ...(after_s > 0 ? { after_s } : {}),
  ...given('roles', roles),
  ...given('users', users),
  ...given('channels', channels),
  ...(until === 'claimed' ? {} : { until }),
  ...(since === 'opened' ? {} : { since }),
});

const bareHours = ({ start, end, days }: Hours): Partial<Hours> => (days.length === DAYS.length ? { start, end } : { start, end, days });

/** Steps in the order of their times, those that count from the claim last. */
export const ordered = <S extends Step>(steps: readonly S[]): S[] =>
  [...steps].sort((a, b) => STARTS.indexOf(a.since) - STARTS.indexOf(b.since) || a.after_s - b.after_s);

/** What is sent: without keys and without what is as usual, steps in order. */
export const documentOf = (rules: readonly (Rule | DraftRule)[]): Document => ({
  rules: rules.map(({ name, steps, kinds, severities, levels, area, hours }) => ({
    name: name.trim(),
    ...given('kinds', kinds),
    ...given('severities', severities),
    ...given('levels', levels),
    ...(area === '' ? {} : { area }),
    ...(hours === null ? {} : { hours: bareHours(hours) }),
    steps: ordered(steps).map(bareStep),
  })),
});

export const same = (one: Document, other: Document): boolean =>
  JSON.stringify(documentOf(rulesOf(one))) === JSON.stringify(documentOf(rulesOf(other)));

export const freshStep = (): DraftStep => keyed(wholeStep({}));
export const freshRule = (): DraftRule =>
  keyed({ name: '', steps: [freshStep()], kinds: [], severities: [], levels: [], area: '', hours: null });
/** A second rule like this one, to be changed. */
export const twin = (rule: DraftRule, name: string): DraftRule =>
  keyed({ ...structuredClone(rule), name, steps: rule.steps.map((step) => keyed(structuredClone(step))) });

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, at) => at !== from);
  const one = list[from];
  return one === undefined ? [...list] : [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** What is wrong with a step. */
export type StepTrouble = 'nobody' | 'wait' | 'never';
/** What is wrong with a rule as a whole. */
export type RuleTrouble = 'unnamed' | 'twice' | 'stepless' | 'unopened' | 'hours' | 'notLast';

export function troubleOfStep(step: Step): StepTrouble | null {
  if (step.roles.length === 0 && step.users.length === 0) return 'nobody';
  if (!Number.isInteger(step.after_s) || step.after_s < 0 || step.after_s > LONGEST_S) return 'wait';
  return step.since === 'claimed' && step.until === 'claimed' ? 'never' : null;
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const open = (rule: Rule): boolean =>
  rule.kinds.length + rule.severities.length + rule.levels.length === 0 && rule.area === '' && rule.hours === null;
const timed = ({ hours }: Rule): boolean => hours === null || (CLOCK.test(hours.start) && CLOCK.test(hours.end) && hours.days.length > 0);

/** What is wrong with the rule at `at`; a rule that another one hides is for the centre to find. */
export function troublesOf(rules: readonly Rule[], at: number): RuleTrouble[] {
  const rule = rules[at];
  if (rule === undefined) return [];
  const name = rule.name.trim();
  const wrong: [RuleTrouble, boolean][] = [
    ['unnamed', name === ''],
    ['twice', name !== '' && rules.filter((other) => other.name.trim() === name).length > 1],
    ['stepless', rule.steps.length === 0],
    ['unopened', rule.steps.length > 0 && rule.steps.every(({ since }) => since === 'claimed')],
    ['hours', !timed(rule)],
    ['notLast', at === rules.length - 1 && !open(rule)],
  ];
  return wrong.filter(([, is]) => is).map(([trouble]) => trouble);
}

export const sound = (rules: readonly Rule[]): boolean =>
  rules.length > 0 && rules.every((rule, at) => troublesOf(rules, at).length === 0 && rule.steps.every((step) => troubleOfStep(step) === null));

const texts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
const among = (values: readonly unknown[]) => (value: unknown): boolean => values.includes(value);
const every = (is: (value: unknown) => boolean) => (value: unknown): boolean => Array.isArray(value) && value.every(is);
const text = (value: unknown): boolean => typeof value === 'string';

const HOURS: Fields = { start: text, end: text, days: every(among(DAYS)) };
const STEP: Fields = {
  after_s: (value) => typeof value === 'number',
  roles: every(among(ROLES)),
  users: texts,
  channels: texts,
  until: among(STAGES),
  since: among(STARTS),
};
const RULE: Fields = {
  name: text,
  steps: (value) => Array.isArray(value),
  kinds: texts,
  severities: every(among(SEVERITIES)),
  levels: every(among(LEVELS)),
  area: text,
  hours: (value) => value === null || typeof value === 'object',
};
type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

/** The first field that is strange, with its path; null for none. */
function strange(value: unknown, fields: Fields, path: string, needed: readonly string[] = []): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return path;
  const lacking = needed.find((name) => !(name in value));
  const wrong = Object.entries(value).find(([name, one]) => !Object.hasOwn(fields, name) || !fields[name]?.(one));
  const named = lacking ?? wrong?.[0];
  return named === undefined ? null : `${path}.${named}`;
}

function strangeRule(value: unknown, path: string): string | null {
  const own = strange(value, RULE, path, ['name', 'steps']);
  if (own !== null) return own;
  const { hours, steps } = value as { hours?: unknown; steps: unknown[] };
  const inHours = hours ? strange(hours, HOURS, `${path}.hours`, ['start', 'end']) : null;
  return inHours ?? first(steps.map((step, at) => strange(step, STEP, `${path}.steps[${at + 1}]`)));
}

const first = (found: readonly (string | null)[]): string | null => found.find((one) => one !== null) ?? null;

/** The document of a file; or where in it something is that no document has (empty: it is no JSON at all). */
export function readDocument(content: string): { document: Document } | { strange: string } {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { strange: '' };
  }
  const outer = strange(value, { rules: (rules) => Array.isArray(rules) && rules.length <= MOST_RULES }, 'document', ['rules']);
  const wrong = outer ?? first((value as { rules: unknown[] }).rules.map((rule, at) => strangeRule(rule, `rules[${at + 1}]`)));
  return wrong === null ? { document: value as Document } : { strange: wrong };
}
