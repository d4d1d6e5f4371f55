/** The order of work: pure functions over incidents, so that they are tested without a page. */

import type { Incident, Severity } from './model';

export type Incidents = ReadonlyMap<string, Incident>;
/** Where every desk begins. */
export const NONE: Incidents = new Map();
export type Tab = 'open' | 'closed';

/** Seconds in which a person should have taken an incident of this severity; the ring of a row empties in it. */
export const TARGET_SECONDS: Record<Severity, number> = { 1: 60, 2: 90, 3: 180 };

const HOUR_MS = 3_600_000;

export const isOpen = (incident: Pick<Incident, 'state'>): boolean => incident.state !== 'closed';
/** Nobody has it, and nobody has looked at it. */
export const isWaiting = (incident: Incident): boolean => incident.state === 'new' && incident.claimant === null;

/** The incidents with `incoming` put in; the very same map when a newer state is known already (a replayed message). */
export function merge(incidents: Incidents, incoming: readonly Incident[]): Incidents {
  const fresh = incoming.filter((one) => {
    const known = incidents.get(one.id);
    return known === undefined || Date.parse(one.updated_at) >= Date.parse(known.updated_at);
  });
  if (fresh.length === 0) return incidents;
  return new Map([...incidents, ...fresh.map((one) => [one.id, one] as const)]);
}

/** Open: the gravest first, among equals the newest. Closed: the last closed first. */
export function ordered(incidents: Incidents, tab: Tab): Incident[] {
  const wanted = [...incidents.values()].filter((one) => isOpen(one) === (tab === 'open'));
  return wanted.sort(tab === 'open' ? byUrgency : byClosing);
}

function byUrgency(a: Incident, b: Incident): number {
  return a.severity - b.severity || Date.parse(b.opened_at) - Date.parse(a.opened_at) || b.number - a.number;
}

function byClosing(a: Incident, b: Incident): number {
  return Date.parse(b.closed_at ?? b.updated_at) - Date.parse(a.closed_at ?? a.updated_at) || b.number - a.number;
}

/** The same incidents place by place: the place of the first comes first, with all that is open there. */
export function byPlace(incidents: readonly Incident[]): Incident[] {
  const places = new Map<string, Incident[]>();
  for (const one of incidents) {
    const there = places.get(one.camera.area);
    if (there === undefined) places.set(one.camera.area, [one]);
    else there.push(one);
  }
  return [...places.values()].flat();
}

/** The rows to show: while a person aims at the list (`held`) the rows that are there stay where they are. */
export function arrange(shown: readonly string[], wanted: readonly string[], held: boolean): readonly string[] {
  if (!held || shown.length === 0) return wanted;
  return shown;
}

/** The neighbour of `current` in `rows`; from nowhere, the first. `place` is where a row that is gone used to be. */
export function neighbour(rows: readonly string[], current: string | null, step: 1 | -1, place = 0): string | null {
  if (rows.length === 0) return null;
  const index = current === null ? -1 : rows.indexOf(current);
  // The row below moved up into the place of one that is gone.
  const target = index >= 0 ? index + step : step === 1 ? place : place - 1;
  return rows[Math.min(Math.max(target, 0), rows.length - 1)] ?? null;
}

/** Incidents opened within the last hour: the load on the desk. */
export function openedWithinHour(incidents: Incidents, now: number): number {
  return [...incidents.values()].filter((one) => now - Date.parse(one.opened_at) < HOUR_MS).length;
}

/** What is left of the time to take an incident, 1 to 0. */
export function timeLeft(incident: Incident, now: number): number {
  const age = (now - Date.parse(incident.opened_at)) / 1000;
  return Math.min(1, Math.max(0, 1 - age / TARGET_SECONDS[incident.severity]));
}
