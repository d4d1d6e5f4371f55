import { language } from './language.svelte';
import type { Language } from './time';
import { en } from './words/en';
import { id, type Words } from './words/id';

export { wordFor } from './lookup';

const dictionaries: Record<Language, Words> = { id, en };

/** The language in use: `speech.words` is read inside templates, so that a switch redraws them. */
export const speech = {
  get language(): Language {
    return language.current;
  },
  get words(): Words {
    return dictionaries[language.current];
  },
  toggle(): void {
    language.toggle();
  },
};

/** What to tell a person about a refusal of the centre. */
export function wordsForError(code: string): string {
  const { errors } = speech.words;
  const text = Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : errors.other;
  return typeof text === 'string' ? text : errors.other;
}
