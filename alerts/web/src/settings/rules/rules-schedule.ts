/** Windows of the week, as people enter them and as an edge reads them: `sat,sun 22:00-05:00`. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'] as const;
export type Day = (typeof DAYS)[number];
const WEEK: readonly Day[] = DAYS.slice(0, 7);

/** From `start` to `end`, `HH:MM`; an end at or before the start lies on the next day. `00:00` to `00:00` is a whole day. */
export interface Window {
  days: readonly Day[];
  start: string;
  end: string;
}

const FORM = /^(?:([a-z,]+) )?(\d{2}:\d{2})-(\d{2}:\d{2})$/;

export const NIGHT: Window = { days: WEEK, start: '22:00', end: '05:00' };

export function readWindow(text: string): Window {
  const [, days, start = '', end = ''] = FORM.exec(text) ?? [];
  const named = days?.split(',') ?? WEEK;
  return { days: DAYS.filter((day) => named.includes(day)), start, end: end === '24:00' ? '00:00' : end };
}

export function writeWindow({ days, start, end }: Window): string {
  const until = end === '00:00' ? '24:00' : end;
  const all = days.length === WEEK.length && WEEK.every((day) => days.includes(day));
  return `${all ? '' : `${DAYS.filter((day) => days.includes(day)).join(',')} `}${start}-${until}`;
}
