import type { Language } from './time';
import { keep, kept } from './memory';
import { en } from './words/en';
import { id, type Words } from './words/id';

const dictionaries: Record<Language, Words> = { id, en };

let language = $state<Language>(kept('language') === 'en' ? 'en' : 'id');

/** The language in use: `speech.words` is read inside templates, so that a switch redraws them. */
export const speech = {
  get language(): Language {
    return language;
  },
  get words(): Words {
    return dictionaries[language];
  },
  toggle(): void {
    language = language === 'id' ? 'en' : 'id';
    keep('language', language);
  },
};

/** The word for a name that comes from the outside; the name itself when there is none. */
export function wordFor(table: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(table, name) ? table[name] : undefined) ?? name;
}

/** What to tell a person about a refusal of the centre. */
export function wordsForError(code: string): string {
  const { errors } = speech.words;
  const text = Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : errors.other;
  return typeof text === 'string' ? text : errors.other;
}
