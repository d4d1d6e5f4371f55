/** Numbers of a report as people say them. */

import type { Language } from '../lib/time';

const LOCALE: Record<Language, string> = { id: 'id-ID', en: 'en-GB' };
export const NOTHING = '–';

export function number(value: number | null, language: Language, digits = 0): string {
  if (value === null) return NOTHING;
  return new Intl.NumberFormat(LOCALE[language], { maximumFractionDigits: digits }).format(value);
}

/** A share between 0 and 1 as a percentage; whole percents, because more would claim more than is known. */
export const percent = (share: number | null, language: Language): string =>
  share === null ? NOTHING : `${number(share * 100, language)} %`;

export interface DurationWords {
  second: string;
  minute: string;
  hour: string;
  day: string;
}

/** `8 dtk`, `4 mnt 10 dtk`, `2 jam 5 mnt`, `3 hari 4 jam`. */
export function duration(seconds: number | null, words: DurationWords): string {
  if (seconds === null) return NOTHING;
  const whole = Math.round(seconds);
  const units = [
    [86_400, words.day, 3600, words.hour],
    [3600, words.hour, 60, words.minute],
    [60, words.minute, 1, words.second],
  ] as const;
  for (const [size, name, smaller, lesser] of units) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / smaller);
    return `${Math.floor(whole / size)} ${name}${rest > 0 ? ` ${rest} ${lesser}` : ''}`;
  }
  return `${whole} ${words.second}`;
}

/** `1–31 Okt 2026`, `28 Sep – 3 Okt 2026`, `31 Oktober 2026`: as Intl says it. */
export const range = (first: string, last: string, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).formatRange(
    new Date(first),
    new Date(last),
  );
