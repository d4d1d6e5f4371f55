/** Silences and tests: what is kept quiet, for whom and how long. Times are ISO 8601 in UTC. */

import { call } from '../../lib/api';
import type { Edge, User } from '../../lib/model';
import { mayCommand } from '../../lib/roles';
import { KINDS } from '../routing/routing';

export type Purpose = 'silence' | 'test';
/** What may be silenced: people's own reports are always heard. */
export const SILENCED = { presence: KINDS.presence, health: KINDS.health } as const;

export interface Silence {
  id: string;
  purpose: Purpose;
  area: string;
  area_name: string;
  edge: string;
  camera: string;
  kind: string;
  since: string;
  until: string;
  reason: string;
  who: string;
  made_at: string;
  ended_at: string | null;
  active: boolean;
}

export interface NewSilence {
  purpose: Purpose;
  area: string;
  edge: string;
  camera: string;
  kind: string;
  /** Null for now. */
  since: string | null;
  until: string;
  reason: string;
}

const part = encodeURIComponent;

export const silences = {
  listed: async () => (await call<{ silences: Silence[] }>('GET', 'silences')).silences,
  add: (body: NewSilence) => call<{ silence: Silence }>('POST', 'silences', body),
  end: (id: string) => call<{ silence: Silence }>('DELETE', `silences/${part(id)}`),
};

export const MIN_REASON = 5;
export const MAX_REASON = 500;
const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** What somebody may keep quiet: heads of RT and RW silence, installers test, who commands does both. */
export function purposesOf(user: User): Purpose[] {
  if (mayCommand(user)) return ['silence', 'test'];
  return user.role === 'installer' ? ['test'] : ['silence'];
}

/** How long it may last at most, in milliseconds: a day for the head of a neighbourhood, a week for others. */
export const longest = (user: User, purpose: Purpose): number =>
  purpose === 'test' || mayCommand(user) ? 7 * DAY_MS : DAY_MS;

export type Trouble = 'place' | 'times' | 'backwards' | 'long' | 'reason';

/** What is wrong with a silence that somebody wants; an empty `until` is none. */
export function troubleOf(wanted: NewSilence, user: User, now: number): Trouble | null {
  if (wanted.area === '') return 'place';
  if (wanted.until === '' || wanted.since === '') return 'times';
  const since = wanted.since === null ? now : Date.parse(wanted.since);
  const until = Date.parse(wanted.until);
  if (until <= Math.max(since, now)) return 'backwards';
  // Who takes the whole of it loses some seconds on the way to the centre.
  if (until - since > longest(user, wanted.purpose) + 60_000) return 'long';
  return wanted.reason.trim().length < MIN_REASON ? 'reason' : null;
}

/** One camera of an edge. */
export interface Choice {
  edge: string;
  camera: string;
  name: string;
  area: string;
  area_name: string;
}

/** Cameras whose name or place holds all the words. */
export function found(edges: readonly Edge[], text: string): Choice[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return edges
    .flatMap((edge) => edge.cameras.map(({ id, name, area, area_name }) => ({ edge: edge.id, camera: id, name: name || id, area, area_name })))
    .filter((one) => words.every((word) => `${one.name} ${one.camera} ${one.edge} ${one.area_name}`.toLowerCase().includes(word)));
}

/** What a camera is called; its id where the edges do not tell. */
export const cameraName = (edges: readonly Edge[], edge: string, camera: string): string =>
  edges.find(({ id }) => id === edge)?.cameras.find(({ id }) => id === camera)?.name || camera;

/** What goes on first, then what is still to come; the first to end, or to begin, on top. */
export const inOrder = (listed: readonly Silence[]): Silence[] =>
  [...listed].sort((a, b) => Number(b.active) - Number(a.active) || (a.active ? a.until.localeCompare(b.until) : a.since.localeCompare(b.since)));
