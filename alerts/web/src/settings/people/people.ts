/** People as the centre tells of them, and what is asked of it about them. */

import { call } from '../../lib/api';
import type { Role, User } from '../../lib/model';

export type Language = 'id' | 'en';
export type Why = 'checked_in' | 'shift' | 'on_call';

/** One way by which somebody is reached. */
export interface Contact {
  channel: string;
  address: string;
  /** Of a webhook that was new: by it the receiver verifies calls. It is told once. */
  key?: string;
}

export interface Person {
  name: string;
  display_name: string;
  role: Role;
  area: string;
  area_name: string;
  language: Language;
  channels: readonly string[];
  /** For administrators, and oneself. */
  contacts?: readonly Contact[];
  /** Whether it is their turn now, and why; `until`: what they have checked in for. */
  duty: { why: Why | null; absent: boolean; until: string | null };
}

/** A turn that comes every week; days are 0 Monday to 6 Sunday, times are WIB, dates `2026-12-01`. */
export interface Shift {
  days: readonly number[];
  start: string;
  end: string;
  valid_from: string | null;
  valid_until: string | null;
}

export interface Absence {
  id: number;
  start: string;
  end: string;
  stand_in: string | null;
  reason: string;
}

/** Who somebody is at the provider of single sign-on. */
export interface Sso {
  known_as: string;
  issuer: string;
  signed_in: boolean;
  by_group: boolean;
  linked_at: string;
  by: string;
}

export interface OnDuty {
  name: string;
  display_name: string;
  why: Why | 'stands_in';
  stands_in_for: string | null;
  channels: readonly string[];
}

/** People of one role in one area who are on duty. */
export interface DutyGroup {
  role: Role;
  area: string;
  area_name: string;
  people: readonly OnDuty[];
}

export interface DutyTold {
  area: string;
  at: string;
  duty: readonly DutyGroup[];
}

export interface CheckIn {
  user: string;
  at: string;
  until: string;
}

export interface Sifted {
  area: string;
  role: Role | '';
  text: string;
}

export const PAGE = 50;
const part = encodeURIComponent;

/** A query without what is empty. */
export function query(values: Readonly<Record<string, string | number | null>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== '' && value !== null);
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}

export const people = {
  listed: (sifted: Sifted, after: string, limit = PAGE) =>
    call<{ people: Person[]; more: boolean }>('GET', `people${query({ ...sifted, after, limit })}`),
  one: (name: string) => call<{ person: Person }>('GET', `people/${part(name)}`),
  add: (body: { name: string; display_name: string; role: Role; area: string; language: Language }) =>
    call<{ person: Person; link: string }>('POST', 'people', body),
  change: (name: string, body: Partial<Pick<Person, 'role' | 'area' | 'display_name' | 'language'>>) =>
    call<{ person: Person }>('PATCH', `people/${part(name)}`, body),
  end: (name: string) => call<{ ended: string }>('DELETE', `people/${part(name)}`),
  link: (name: string) => call<{ link: string }>('POST', `people/${part(name)}/link`),
  contacts: (name: string) => call<{ contacts: Contact[] }>('GET', `people/${part(name)}/contacts`),
  setContacts: (name: string, contacts: readonly Contact[]) =>
    call<{ contacts: Contact[] }>('PUT', `people/${part(name)}/contacts`, { contacts }),
  shifts: (name: string) => call<{ shifts: Shift[] }>('GET', `people/${part(name)}/shifts`),
  setShifts: (name: string, shifts: readonly Shift[]) =>
    call<{ shifts: Shift[] }>('PUT', `people/${part(name)}/shifts`, { shifts }),
  absences: (name: string) => call<{ absences: Absence[] }>('GET', `people/${part(name)}/absences`),
  addAbsence: (name: string, body: { start: string; end: string; stand_in: string | null; reason: string }) =>
    call<{ absence: Absence }>('POST', `people/${part(name)}/absences`, body),
  endAbsence: (name: string, id: number) => call<{ absence: Absence }>('DELETE', `people/${part(name)}/absences/${id}`),
  sso: (name: string) => call<{ sso: Sso | null }>('GET', `people/${part(name)}/sso`),
  setSso: (name: string, known_as: string) => call<{ sso: Sso | null }>('PUT', `people/${part(name)}/sso`, { known_as }),
  endSso: (name: string) => call<{ sso: null }>('DELETE', `people/${part(name)}/sso`),
  duty: (area: string, at: string) => call<DutyTold>('GET', `duty${query({ area, at })}`),
  checkIn: (hours: number) => call<{ check_in: CheckIn }>('POST', 'duty/check-in', { hours }),
  checkOut: () => call<undefined>('DELETE', 'duty/check-in'),
};

export const isOneself = (user: User, person: Pick<Person, 'name'>): boolean => user.name === person.name;
