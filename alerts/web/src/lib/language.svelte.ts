import { keep, kept } from './memory';
import type { Language } from './time';

let current = $state<Language>(kept('language') === 'en' ? 'en' : 'id');

/** The language of all pages in this browser: Bahasa Indonesia unless a person chose English. */
export const language = {
  get current(): Language {
    return current;
  },
  toggle(): void {
    current = current === 'id' ? 'en' : 'id';
    keep('language', current);
  },
};
