/** The days that a report is about: days in WIB, written as `2026-10-31`. */

export const PERIODS = ['today', 'week', 'month', 'previous'] as const;
export type Period = (typeof PERIODS)[number];

export interface Days {
  first: string;
  last: string;
}

const DAY_MS = 86_400_000;
const WIB_MS = 7 * 3_600_000;

const text = (day: Date): string => day.toISOString().slice(0, 10);
/** The date that it is in WIB, which has no daylight saving time, as a midnight in UTC. */
const wibDay = (now: number): Date => new Date(Math.floor((now + WIB_MS) / DAY_MS) * DAY_MS);

/** Today, the seven days that end today, this month up to today, or the whole month before it. */
export function daysOf(period: Period, now: number): Days {
  const today = wibDay(now);
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
  if (period === 'today') return { first: text(today), last: text(today) };
  if (period === 'week') return { first: text(new Date(today.getTime() - 6 * DAY_MS)), last: text(today) };
  if (period === 'month') return { first: text(new Date(Date.UTC(year, month, 1))), last: text(today) };
  return { first: text(new Date(Date.UTC(year, month - 1, 1))), last: text(new Date(Date.UTC(year, month, 0))) };
}

/** Which of the ready-made periods these days are; null for days of somebody's own. */
export const periodOf = (days: Days, now: number): Period | null =>
  PERIODS.find((each) => {
    const { first, last } = daysOf(each, now);
    return first === days.first && last === days.last;
  }) ?? null;

/** Why days cannot be asked for, by the name of the words that say it. */
export function wrong({ first, last }: Days): 'missing' | 'backwards' | 'long' | null {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  if (Number.isNaN(from) || Number.isNaN(to)) return 'missing';
  if (from > to) return 'backwards';
  return (to - from) / DAY_MS >= 3 * 366 ? 'long' : null;
}
