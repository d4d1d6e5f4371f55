/** Times as people at the desk read them: Western Indonesian Time, and ages that tick. */

export type Language = 'id' | 'en';

const ZONE = 'Asia/Jakarta';
const LOCALE: Record<Language, string> = { id: 'id-ID', en: 'en-GB' };

function formatter(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(LOCALE[language], { timeZone: ZONE, hourCycle: 'h23', ...options });
}

const seconds = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const clocks = { id: formatter('id', seconds), en: formatter('en', seconds) };
const shortDay = { day: 'numeric', month: 'short' } as const;
const days = { id: formatter('id', shortDay), en: formatter('en', shortDay) };

/** `09.45.12`, with the day before it when that is not today: `21 Nov 09.45.12`. For places whose heading says WIB. */
export function moment(at: string | number, now: number, language: Language): string {
  const then = new Date(at);
  const day = days[language].format(then);
  const clock = clocks[language].format(then);
  return day === days[language].format(now) ? clock : `${day} ${clock}`;
}

const hours = { hour: '2-digit', minute: '2-digit' } as const;
const shortClocks = { id: formatter('id', hours), en: formatter('en', hours) };

/** `23.10 WIB`, or `21 Nov 23.10 WIB`: to the minute, for people on their way. */
export function hour(at: string | number, now: number, language: Language): string {
  const then = new Date(at);
  const day = days[language].format(then);
  const clock = shortClocks[language].format(then);
  return `${day === days[language].format(now) ? '' : `${day} `}${clock} WIB`;
}

/** `09.45.12 WIB`, or `21 Nov 09.45.12 WIB`. */
export const wib = (at: string | number, now: number, language: Language): string => `${moment(at, now, language)} WIB`;

export interface AgeWords {
  hour: string;
  minute: string;
  day: string;
  second: string;
}

/** How long it is until `at`, as short as one says it: `40 d`, `3 m`, `2 j`; never less than nothing. */
export function wait(at: string, now: number, words: AgeWords): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(at) - now) / 1000));
  if (seconds < 60) return `${seconds} ${words.second}`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} ${words.minute}` : `${Math.ceil(seconds / 3600)} ${words.hour}`;
}

/** `2:05` within the hour, `3 j 07 m` within a day, then `2 hr`. */
export function age(since: string, now: number, words: AgeWords): string {
  const total = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (total < 3600) return `${Math.floor(total / 60)}:${two(total % 60)}`;
  const minutes = Math.floor(total / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} ${words.hour} ${two(minutes % 60)} ${words.minute}`;
  return `${Math.floor(minutes / 1440)} ${words.day}`;
}
