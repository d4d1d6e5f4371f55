/** Weekly turns and moments of WIB, as forms have them. */

import type { Language } from '../../lib/time';
import type { Shift } from './people';

export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;
export const MOST_SHIFTS = 50;
const MONDAY = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
/** Indonesian western time has no summer time. */
const WIB_MS = 7 * 3_600_000;

const LOCALE: Readonly<Record<Language, string>> = { id: 'id-ID', en: 'en-GB' };

export function dayName(day: number, language: Language, length: 'short' | 'long' = 'long'): string {
  return new Intl.DateTimeFormat(LOCALE[language], { weekday: length, timeZone: 'UTC' }).format(MONDAY + day * DAY_MS);
}

/** A turn whose end is not after its start ends on the next day. */
export const overnight = ({ start, end }: Pick<Shift, 'start' | 'end'>): boolean => end <= start;

/** Days as one says them: `Senin–Jumat`, `Sabtu, Minggu`. */
export function spoken(days: readonly number[], language: Language): string {
  const sorted = [...days].sort((a, b) => a - b);
  const runs: number[][] = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => dayName(day ?? 0, language);
  return runs
    .map((run) => (run.length > 2 ? `${name(run[0])}–${name(run.at(-1))}` : run.map((day) => name(day)).join(', ')))
    .join(', ');
}

export type ShiftTrouble = 'days' | 'times' | 'backwards' | null;

/** What is wrong with a turn. */
export function troubleOf(shift: Shift): ShiftTrouble {
  if (shift.days.length === 0) return 'days';
  if (!/^\d\d:\d\d$/.test(shift.start) || !/^\d\d:\d\d$/.test(shift.end)) return 'times';
  const { valid_from: from, valid_until: until } = shift;
  return from && until && until < from ? 'backwards' : null;
}

export const freshShift = (): Shift => ({ days: [], start: '22:00', end: '04:00', valid_from: null, valid_until: null });

/** The moment of what a `datetime-local` field holds, which is WIB here wherever the computer stands; empty for none. */
export function fromField(text: string): string {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  return Number.isFinite(at) ? new Date(at - WIB_MS).toISOString() : '';
}

/** What a `datetime-local` field shows of a moment. */
export const toField = (at: string | number): string =>
  new Date(new Date(at).getTime() + WIB_MS).toISOString().slice(0, 16);

/** `Senin, 23 Nov 2026 22.00 WIB`. */
export function whole(at: string, language: Language): string {
  const form = new Intl.DateTimeFormat(LOCALE[language], {
    timeZone: 'Asia/Jakarta',
    hourCycle: 'h23',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  return `${form.format(new Date(at))} WIB`;
}

/** `1 Des 2026`, of a date without a time. */
export const dateOf = (date: string, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${date}T12:00:00Z`),
  );
