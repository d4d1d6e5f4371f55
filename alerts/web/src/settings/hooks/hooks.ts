/** Other applications: those that are told of incidents (`out`), and those that report (`in`). */

import { call } from '../../lib/api';
import type { Severity } from '../../lib/model';

export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface Hook {
  id: string;
  name: string;
  direction: Direction;
  url: string;
  area: string;
  area_name: string;
  kinds: readonly string[];
  severities: readonly Severity[];
  made_at: string;
  by: string;
}

export interface NewHook {
  name: string;
  direction: Direction;
  url: string;
  area: string;
  kinds: string[];
  severities: Severity[];
}

const part = encodeURIComponent;

export const hooks = {
  listed: async () => (await call<{ hooks: Hook[] }>('GET', 'hooks')).hooks,
  /** The key is told this once. */
  add: async (body: NewHook) => (await call<{ hook: Hook & { key: string } }>('POST', 'hooks', body)).hook,
  end: (id: string) => call<undefined>('DELETE', `hooks/${part(id)}`),
};

export type Trouble = 'name' | 'url';
export const MOST_NAME = 80;
export const MOST_URL = 2000;

/** What is wrong with an application that somebody wants; whether its address may be called is for the centre to say. */
export function troubleOf({ name, direction, url }: NewHook): Trouble | null {
  if (name.trim() === '') return 'name';
  return direction === 'in' || /^https?:\/\/\S+$/.test(url.trim()) ? null : 'url';
}

/** Where an application reports, as this page is reached. */
export const inbound = (origin: string): string => `${origin}/api/v1/inbound/event`;
