/** The rules of who is told, as the centre has them, and what is asked of it about them. Times of steps in seconds. */

import { call } from '../../lib/api';
import type { Level, Role, Severity } from '../../lib/model';

export const STAGES = ['claimed', 'on_scene', 'closed'] as const;
export type Stage = (typeof STAGES)[number];
export const STARTS = ['opened', 'claimed'] as const;
export type Start = (typeof STARTS)[number];

/** Kinds by what notices them; a rule may name the first two families themselves. */
export const KINDS = {
  presence: ['intrusion', 'loitering', 'crossing', 'crowd', 'stopped', 'left', 'removed', 'motion'],
  health: ['covered', 'moved', 'defocused', 'frozen', 'dark', 'silent', 'clock', 'edge_silent'],
  reported: ['thief', 'fire', 'flood', 'medical', 'quarrel', 'danger', 'other'],
} as const;
export const FAMILIES = ['presence', 'health', 'reported'] as const;
/** By which a step may tell; a centre may know more, which are shown by their own names. */
export const CHANNELS = ['console', 'web_push', 'whatsapp', 'telegram', 'sms', 'mail', 'siren', 'webhook', 'apprise'] as const;

/** A window of the week in WIB; days are 0 Monday to 6 Sunday. */
export interface Hours {
  start: string;
  end: string;
  days: number[];
}

export interface Step {
  after_s: number;
  roles: Role[];
  users: string[];
  channels: string[];
  until: Stage;
  since: Start;
}

export interface Rule {
  name: string;
  steps: Step[];
  kinds: string[];
  severities: Severity[];
  levels: Level[];
  area: string;
  hours: Hours | null;
}

/** The document as the centre keeps it: what is as usual is left out. */
export interface Document {
  rules: (Pick<Rule, 'name'> & Partial<Omit<Rule, 'hours' | 'steps'>> & { steps: Partial<Step>[]; hours?: Partial<Hours> | null })[];
}

export interface Current {
  version: number;
  document: Document;
}

export interface Version {
  version: number;
  at: string;
  who: string;
  note: string;
}

export interface Question {
  kind: string;
  severity: Severity;
  level: Level;
  area: string;
  /** Null for now. */
  at: string | null;
}

/** A step of a dry run: when it is due (after the opening, or `after_claim`), and who would be told. */
export interface Told {
  due_s: number;
  note: '' | 'early' | 'after_claim' | 'last_resort';
  roles: readonly string[];
  users: readonly string[];
  until: Stage;
  people: readonly { name: string; display_name: string; role: string; area: string; channels: readonly string[] }[];
}

export interface Answer {
  rule: string;
  at: string;
  area: string;
  area_name: string;
  told: readonly Told[];
}

export const routing = {
  current: async () => (await call<{ routing: Current }>('GET', 'routing')).routing,
  versions: async () => (await call<{ versions: Version[] }>('GET', 'routing/versions')).versions,
  version: async (number: number) => (await call<{ routing: Current }>('GET', `routing/versions/${number}`)).routing,
  put: async (document: Document, note: string, version: number) =>
    (await call<{ routing: Current }>('PUT', 'routing', { document, note, version })).routing,
  /** Who would be told; by the rules that count, or by these. */
  dryRun: (question: Question, document: Document | null) =>
    call<Answer>('POST', 'routing/dry-run', document === null ? question : { ...question, document }),
};
