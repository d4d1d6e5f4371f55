/** What sentences about rules are made of, in the language of the page and with the areas that are known so far. */

import { speech } from '../../lib/speech.svelte';
import { words as peopleEn } from '../../lib/words/pages/people-en';
import { words as peopleId } from '../../lib/words/pages/people-id';
import { words as en } from '../../lib/words/pages/routing-en';
import { words as id } from '../../lib/words/pages/routing-id';
import { book } from '../areas/areas-book.svelte';
import { placeName } from '../changes/changes-places';
import type { Voice } from './routing-said';

const dictionaries = { id, en };
const people = { id: peopleId, en: peopleEn };

/** Read inside `$derived`, so that another language or another known area is said anew. */
export const voiceNow = (): Voice => ({
  language: speech.language,
  common: speech.words,
  words: dictionaries[speech.language],
  channels: people[speech.language].contacts.channels,
  place: (code) => placeName(code, book.known),
});
