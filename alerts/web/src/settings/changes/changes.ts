/** What people changed in how the centre works, and who watched cameras live; both to be inspected. */

import { call } from '../../lib/api';
import { query } from '../people/people';

/** The sorts of things that are written down; a centre may know others, which are shown by their own names. */
export const SORTS = [
  'person',
  'shifts',
  'absence',
  'check_in',
  'routing',
  'silence',
  'test',
  'rules',
  'camera',
  'site',
  'area',
  'areas',
  'hook',
  'siren',
  'live',
  'export',
] as const;

export interface Change {
  id: number;
  at: string;
  user: string;
  area: string;
  what: string;
  which: string;
  before: unknown;
  after: unknown;
}

/** One look at a camera. `stream` is main, sub or pictures; `started_at` null where the edge never agreed. */
export interface View {
  id: string;
  user: string;
  who: string;
  role: string;
  edge: string;
  camera: string;
  area: string;
  stream: string;
  incident: string | null;
  asked_at: string;
  started_at: string | null;
  ended_at: string | null;
  ended_why: string;
}

export const PAGE = 50;
/** As many views as the centre tells of. */
export const MOST_VIEWS = 500;

export interface Sifted {
  area: string;
  what: string;
}

export const changes = {
  /** One more than a page holds, which says whether there is another page. */
  listed: async (sifted: Sifted, before: number | null) => {
    const { changes: found } = await call<{ changes: Change[] }>('GET', `changes${query({ ...sifted, before, limit: PAGE + 1 })}`);
    return { changes: found.slice(0, PAGE), more: found.length > PAGE };
  },
  views: async () => (await call<{ views: View[] }>('GET', 'views')).views,
};

export type Scalar = string | number | boolean | null;
/** What differs at one place: the names that lead to it, and what stood there; undefined for nothing. */
export interface Difference {
  path: readonly string[];
  before: Scalar | readonly Scalar[] | undefined;
  after: Scalar | readonly Scalar[] | undefined;
}
type Held = Map<string, { path: readonly string[]; value: Scalar | readonly Scalar[] }>;

/** Names that say nothing to people: ids, and what stands beside a code of an area already. */
const LEFT_OUT: readonly string[] = ['id', 'area_name', 'active', 'made_at', 'view'];
const isScalar = (value: unknown): value is Scalar => value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** Tables of a list are told apart by their names, where they have some, else by their places. */
function titleOf(value: unknown, at: number): string {
  const named = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
  return typeof named === 'string' && named !== '' ? named : String(at + 1);
}

function hold(held: Held, value: unknown, path: readonly string[]): void {
  if (isScalar(value)) held.set(path.join('\n'), { path, value });
  else if (Array.isArray(value)) {
    if (value.every(isScalar)) held.set(path.join('\n'), { path, value });
    else value.forEach((one, at) => hold(held, one, [...path, titleOf(one, at)]));
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) if (!LEFT_OUT.includes(name)) hold(held, one, [...path, name]);
  }
}

const empty = (value: unknown): boolean => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Every place at which two values differ, in the order of the newer one; what is empty on both sides is no difference. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [was, is]: [Held, Held] = [new Map(), new Map()];
  hold(was, before ?? {}, []);
  hold(is, after ?? {}, []);
  const keys = [...is.keys(), ...[...was.keys()].filter((key) => !is.has(key))];
  return keys
    .map((key) => ({ path: (is.get(key) ?? was.get(key))?.path ?? [], before: was.get(key)?.value, after: is.get(key)?.value }))
    .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after) && !(empty(one.before) && empty(one.after)));
}

export type Deed = 'added' | 'changed' | 'ended' | 'done';
/** Sorts of which a change is something that was done, with nothing before it and nothing to be taken back. */
const DONE: readonly string[] = ['live', 'export', 'siren', 'areas'];

export function deedOf({ what, before, after }: Pick<Change, 'what' | 'before' | 'after'>): Deed {
  if (DONE.includes(what)) return 'done';
  if (empty(after)) return 'ended';
  return empty(before) ? 'added' : 'changed';
}

/** The same of a person's link: it is made, and the person was there before. */
export function isLink({ what, before, after }: Pick<Change, 'what' | 'before' | 'after'>): boolean {
  return what === 'person' && before === null && typeof after === 'object' && after !== null && 'link_made_at' in after;
}

/** What the thing calls itself, where its id says nothing to people. */
export function nameOf({ before, after }: Pick<Change, 'before' | 'after'>): string | null {
  const about = (after ?? before) as { name?: unknown; reason?: unknown } | null;
  const name = about?.name ?? about?.reason;
  return typeof name === 'string' && name !== '' ? name : null;
}
