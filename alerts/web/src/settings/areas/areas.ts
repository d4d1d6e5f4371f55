/** The tree of areas, and how somebody finds one of them by its name. */

import { call } from '../../lib/api';
import { contains, isArea, LEVEL, levelOf, parentOf } from '../people/people-rules';
import { query } from '../people/people';

export interface Area {
  code: string;
  name: string;
  parent: string;
}

const part = (code: string): string => code.split('/').map(encodeURIComponent).join('/');

export const areas = {
  within: (code: string, levels: number) => call<{ areas: Area[] }>('GET', `areas${query({ within: code, levels })}`),
  name: (code: string, name: string) => call<{ area: Area }>('PUT', `areas/${part(code)}`, { name }),
  remove: (code: string) => call<undefined>('DELETE', `areas/${part(code)}`),
};

/** The number of an RW or RT as people write it: `RW 02`. */
function numbered(code: string): string {
  const own = code.slice(code.lastIndexOf('/') + 1);
  return `${own.slice(0, 2)} ${own.slice(2)}`;
}

/** An RW or RT has its number always, and the name that people gave it behind that. */
export function titled(area: Pick<Area, 'code' | 'name'>): string {
  const level = levelOf(area.code);
  if (level === LEVEL.district) return `Kecamatan ${area.name}`;
  if (level < LEVEL.rw) return area.name;
  const number = numbered(area.code);
  return area.name === '' || area.name.toLowerCase().startsWith(number.toLowerCase()) ? area.name || number : `${number} ${area.name}`;
}

/** An area with what it lies in: `RT 04 / RW 02 · Bancar`; a village with its district. */
export function fullName(area: Area, known: ReadonlyMap<string, Area>): string {
  const above = known.get(parentOf(area.code));
  const level = levelOf(area.code);
  if (level === LEVEL.village) return above ? `${area.name} · ${titled(above)}` : area.name;
  if (level < LEVEL.rw) return titled(area);
  const village = known.get(area.code.split('/')[0] ?? '');
  const inner = level === LEVEL.rt ? `${titled(area)} / ${above ? titled(above) : numbered(parentOf(area.code))}` : titled(area);
  return village ? `${inner} · ${village.name}` : inner;
}

/** What somebody types to find an area: words of a name, and the numbers of an RW and RT. */
export interface Wanted {
  words: string[];
  rw: string | null;
  rt: string | null;
}

export function wanted(text: string): Wanted {
  const number = (sort: string) => new RegExp(`\\b${sort}\\s*0*(\\d{1,3})\\b`, 'i').exec(text)?.[1]?.padStart(2, '0') ?? null;
  const rest = text.replace(/\br[wt]\s*\d*/gi, ' ').replace(/[/·,]/g, ' ');
  return { words: rest.toLowerCase().split(/\s+/).filter(Boolean), rw: number('rw'), rt: number('rt') };
}

const fits = (name: string, words: readonly string[]): boolean => words.every((word) => name.toLowerCase().includes(word));

/** Districts and villages whose name, or whose district's, holds all the words; those that begin with them first. */
export function named(known: ReadonlyMap<string, Area>, { words }: Wanted): Area[] {
  const first = words[0] ?? '';
  const rank = (area: Area) => (area.name.toLowerCase().startsWith(first) ? 0 : 2) + (levelOf(area.code) === LEVEL.village ? 1 : 0);
  return [...known.values()]
    .filter((area) => levelOf(area.code) < LEVEL.rw && (fits(titled(area), words) || (fits(fullName(area, known), words) && fits(area.name, words.slice(0, 1)))))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** The RW and RT of a village that have the wanted numbers; all of them where none is wanted. */
export function inner(known: ReadonlyMap<string, Area>, village: string, { rw, rt }: Wanted): Area[] {
  return [...known.values()]
    .filter(({ code }) => contains(village, code) && levelOf(code) >= LEVEL.rw)
    .filter(({ code }) => rw === null || code.includes(`/RW${rw}`))
    .filter(({ code }) => (rt === null ? true : code.endsWith(`/RT${rt}`)))
    .sort((a, b) => a.code.localeCompare(b.code));
}

/** A code that somebody typed or pasted, where it lies within `root`; null for anything else. */
export function typedCode(text: string, root: string): Area | null {
  const code = text.trim().toUpperCase();
  return isArea(code) && contains(root, code) ? { code, name: '', parent: parentOf(code) } : null;
}

/** How many of these places lie in an area, or in what lies within it. */
export const counted = (places: readonly { area: string }[], code: string): number =>
  places.filter(({ area }) => contains(code, area)).length;

/** The code of an RW of a village, or of an RT of an RW, by its number; null for a number that there cannot be. */
export function inside(outer: string, number: number): string | null {
  if (!Number.isInteger(number) || number < 1 || number > 999) return null;
  return `${outer}/${levelOf(outer) === LEVEL.village ? 'RW' : 'RT'}${String(number).padStart(2, '0')}`;
}

/** What people call an RW or RT beside its number: `Kauman` of `RW 02 Kauman`. */
export function ownName({ code, name }: Pick<Area, 'code' | 'name'>): string {
  const number = numbered(code);
  return name.toLowerCase().startsWith(number.toLowerCase()) ? name.slice(number.length).trim() : name;
}
