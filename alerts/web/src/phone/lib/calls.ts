/** What the telephone asks of the centre beside what consoles ask. */

import { call } from '../../lib/api';
import type { Role } from '../../lib/model';
import type { Turn } from './turns';
import type { Position } from './ways';

export interface Reach {
  position: Position | null;
  calls: { role: Role; name: string; number: string }[];
}

export interface OnDuty {
  role: Role;
  area: string;
  area_name: string;
  people: { name: string; display_name: string; why: 'checked_in' | 'shift' | 'on_call' | 'stands_in' }[];
}

export interface CheckIn {
  at: string;
  until: string;
}

/** A time in which somebody cannot come. */
export interface Absence {
  id: number;
  start: string;
  end: string;
  stand_in: string | null;
  reason: string;
}

export interface Colleague {
  name: string;
  display_name: string;
  role: Role;
  area: string;
}

/** An own report, with what became of it. */
export interface MyReport {
  id: string;
  kind: string;
  urgent: boolean;
  area_name: string;
  text: string;
  photo: boolean;
  received_at: string;
  incident: number | null;
  state: 'new' | 'verified' | 'dispatched' | 'on_scene' | 'closed' | null;
  took_s: Record<string, number | null>;
  verdict: string | null;
  answered_at: string | null;
  rating: number | null;
}

export interface Contact {
  channel: string;
  address: string;
}

const part = encodeURIComponent;

export const calls = {
  reach: (incident: string) => call<Reach>('GET', `incidents/${part(incident)}/reach`),
  duty: () => call<{ duty: OnDuty[] }>('GET', 'duty'),
  checkedIn: () => call<{ check_in: CheckIn | null }>('GET', 'duty/check-in'),
  checkIn: (hours: number) => call<{ check_in: CheckIn }>('POST', 'duty/check-in', { hours }),
  checkOut: () => call<undefined>('DELETE', 'duty/check-in'),
  shifts: (name: string) => call<{ shifts: Turn[] }>('GET', `people/${part(name)}/shifts`),
  dutyAt: (at: string) => call<{ duty: OnDuty[] }>('GET', `duty?at=${part(at)}`),
  colleagues: (area: string, role: Role) =>
    call<{ people: Colleague[] }>('GET', `people?area=${part(area)}&role=${role}&limit=200`),
  absences: (name: string) => call<{ absences: Absence[] }>('GET', `people/${part(name)}/absences`),
  addAbsence: (name: string, absence: Omit<Absence, 'id'>) =>
    call<{ absence: Absence }>('POST', `people/${part(name)}/absences`, absence),
  endAbsence: (name: string, id: number) => call<{ absence: Absence }>('DELETE', `people/${part(name)}/absences/${id}`),
  reports: () => call<{ reports: MyReport[] }>('GET', 'reports'),
  rate: (report: string, stars: number) => call<{ report: MyReport }>('POST', `reports/${part(report)}/rating`, { stars }),
  pushKey: () => call<{ key: string | null }>('GET', 'push'),
  contacts: (name: string) => call<{ contacts: Contact[] }>('GET', `people/${part(name)}/contacts`),
  setContacts: (name: string, contacts: Contact[]) =>
    call<{ contacts: Contact[] }>('PUT', `people/${part(name)}/contacts`, { contacts }),
};
