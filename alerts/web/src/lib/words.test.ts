import { describe, expect, it } from 'vitest';

import { en } from './words/en';
import { id } from './words/id';
import { phoneEn } from './words/phone-en';
import { phoneId } from './words/phone-id';

/** The words of pages that are fetched when somebody opens them: `NAME-id.ts` and `NAME-en.ts`, each with `words`. */
type Dictionary = { words: unknown };
const fetched = import.meta.glob<Dictionary>('./words/pages/*.ts', { eager: true });
const pages = Object.keys(fetched)
  .filter((path) => path.endsWith('-id.ts'))
  .map((path) => [path, fetched[path]?.words, fetched[path.replace('-id.ts', '-en.ts')]?.words] as const);

type Leaf = readonly [path: string, value: unknown];

/** Every text of a dictionary with its path; lists count as one text each place. */
function leaves(value: unknown, path = ''): Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

const paths = (dictionary: unknown): string[] => leaves(dictionary).map(([path]) => path).sort();

describe.each([
  ['Indonesian', id],
  ['English', en],
  ["telephone's Indonesian", phoneId],
  ["telephone's English", phoneEn],
] as const)('the %s dictionary', (_name, dictionary) => {
  it('leaves no text empty', () => {
    expect(leaves(dictionary).filter(([, value]) => value === '' || value === undefined)).toEqual([]);
  });

  it('speaks without exclamation marks', () => {
    const texts = leaves(dictionary).map(([, value]) => (typeof value === 'function' ? String(value('X', 'Y', 'Z')) : value));
    expect(texts.filter((text) => String(text).includes('!'))).toEqual([]);
  });
});

describe('the words of the wire', () => {
  it('come from the table that messages use too', () => {
    expect(id.kinds.left).toBe('Barang ditinggalkan');
    expect(en.kinds.left).toBe('Object left');
    expect(id.severity[1]).toBe('Tinggi');
    expect(id.labels['traffic light']).toBe('Lampu lalu lintas');
    expect(en.arming.modes.mudik).toBe('Away (mudik)');
  });
});

describe('the two dictionaries', () => {
  it('hold the same texts', () => {
    expect(paths(en)).toEqual(paths(id));
  });

  it('do not hold one language twice', () => {
    const english = new Map(leaves(en));
    const same = leaves(id).filter(([path, value]) => typeof value === 'string' && english.get(path) === value);
    // Words that both languages share.
    expect(same.map(([, value]) => value).sort()).toEqual(['Bus', 'E-Kamling', 'Laptop', 'Operator', 'Oven', 'Zebra', 'm']);
  });
});

describe("the telephone's two dictionaries", () => {
  it('hold the same texts', () => {
    expect(paths(phoneEn)).toEqual(paths(phoneId));
  });

  it('do not hold one language twice', () => {
    const english = new Map(leaves(phoneEn));
    const same = leaves(phoneId).filter(([path, value]) => typeof value === 'string' && english.get(path) === value);
    // Words that both languages share.
    expect(same.map(([, value]) => value).sort()).toEqual(['Bus', 'E-Kamling', 'Laptop', 'Oven', 'Zebra']);
  });
});

describe.each(pages)('the two dictionaries of %s', (_path, indonesian, english) => {
  it('hold the same texts, none of them empty', () => {
    expect(paths(english)).toEqual(paths(indonesian));
    expect([...leaves(indonesian), ...leaves(english)].filter(([, text]) => text === '' || text === undefined)).toEqual([]);
  });

  it('do not hold one language twice', () => {
    const other = new Map(leaves(english));
    const same = leaves(indonesian).filter(([path, text]) => typeof text === 'string' && other.get(path) === text);
    // Words that both languages share.
    const shared = new Set(['Bus', 'CSV', 'E-Kamling', 'Email', 'Laptop', 'Operator', 'Oven', 'PDF', 'Parquet', 'RT', 'RW', 'SMS', 'Telegram', 'WhatsApp', 'Zebra', 'm']);
    expect(same.map(([, text]) => text).filter((text) => !shared.has(String(text)))).toEqual([]);
  });
});
