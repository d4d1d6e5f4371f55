import { language } from '../../lib/language.svelte';
import type { Language } from '../../lib/time';
import { phoneEn } from '../../lib/words/phone-en';
import { phoneId, type PhoneWords } from '../../lib/words/phone-id';

const dictionaries: Record<Language, PhoneWords> = { id: phoneId, en: phoneEn };

/** The telephone's texts in the language in use. */
export const say = {
  get language(): Language {
    return language.current;
  },
  get words(): PhoneWords {
    return dictionaries[language.current];
  },
};

/** What to tell a person about a refusal of the centre. */
export function refusal(code: string): string {
  const { errors } = say.words;
  return Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : errors.other;
}

/** How long ago it was, as one says it. */
export function ago(since: string, now: number): string {
  const { ago: words } = say.words;
  const minutes = Math.floor((now - Date.parse(since)) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes < 60) return words.minutes(minutes);
  return minutes < 1440 ? words.hours(Math.floor(minutes / 60)) : words.days(Math.floor(minutes / 1440));
}
