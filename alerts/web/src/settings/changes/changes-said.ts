/** Changes in the words of people: what a field is called, and what its value means. */

import { wordFor } from '../../lib/lookup';
import type { words as shape } from '../../lib/words/pages/changes-id';
import type { Change, Difference, Scalar } from './changes';
import { nameOf } from './changes';
import { dayName, whole } from '../people/people-shifts';
import { kindName, listed, type Voice } from '../routing/routing-said';

export type Teller = Voice & { own: typeof shape };

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const NAMED: Readonly<Record<string, (value: string, teller: Teller) => string>> = {
  role: (value, { common }) => wordFor(common.roles, value),
  area: (value, { place }) => place(value),
  parent: (value, { place }) => place(value),
  kind: (value, teller) => kindName(value, teller),
  kinds: (value, teller) => kindName(value, teller),
  severity: (value, { common }) => wordFor(common.severity, value),
  severities: (value, { common }) => wordFor(common.severity, value),
  channel: (value, { channels }) => wordFor(channels, value),
  mode: (value, { common }) => wordFor(common.arming.modes, value),
  language: (value, { own }) => wordFor(own.languages, value),
  purpose: (value, { own }) => wordFor(own.whats, value),
  direction: (value, { own }) => wordFor(own.directions, value),
  stream: (value, { own }) => wordFor(own.views.streams, value),
  days: (value, { language }) => dayName(Number(value), language),
};

function scalarSaid(value: Scalar, field: string, teller: Teller): string {
  const { own, language } = teller;
  if (value === null || value === '') return own.nothing;
  if (typeof value === 'boolean') return value ? own.yes : own.no;
  const named = Object.hasOwn(NAMED, field) ? NAMED[field] : undefined;
  if (named !== undefined) return named(String(value), teller);
  if (typeof value === 'number') return new Intl.NumberFormat(language === 'id' ? 'id-ID' : 'en-GB', { maximumFractionDigits: 6 }).format(value);
  return INSTANT.test(value) ? whole(value, language) : value;
}

/** A value of one side of a difference. */
export function valueSaid(value: Difference['before'], path: readonly string[], teller: Teller): string {
  const field = [...path].reverse().find((name) => Number.isNaN(Number(name))) ?? '';
  if (value === undefined) return teller.own.nothing;
  if (typeof value !== 'object' || value === null) return scalarSaid(value, field, teller);
  return value.length === 0 ? teller.own.nothing : listed(value.map((one) => scalarSaid(one, field, teller)), teller);
}

/** Where something differs: `Kontak 1, Alamat`. */
export function pathSaid(path: readonly string[], { own }: Teller): string {
  const said = path.reduce<string[]>((parts, name) => {
    const numbered = /^\d+$/.test(name) && parts.length > 0;
    return numbered ? [...parts.slice(0, -1), `${parts.at(-1) ?? ''} ${name}`] : [...parts, wordFor(own.fields, name)];
  }, []);
  return said.join(', ') || own.value;
}

/** The thing that was changed. */
export function whichSaid(change: Change, teller: Teller): string {
  const { what, which } = change;
  if (what === 'area' || what === 'areas') return teller.place(which);
  if (what === 'routing') return teller.words.version(Number(which));
  if (['hook', 'silence', 'test', 'site'].includes(what)) return nameOf(change) ?? which;
  return which;
}
