/** Where in the pages a person is: `/masuk`, or the console with its part behind the `#`. */

const SIGN_IN = '/masuk';

/** The pages of the settings, by their part of the address. */
export const SETTINGS = ['orang', 'wilayah', 'aturan', 'pemberitahuan', 'senyap', 'aplikasi', 'jejak'] as const;
export type Setting = (typeof SETTINGS)[number];

/** Pages whose address is a word alone. */
const WORDS = { cameras: 'kamera', map: 'peta', wall: 'dinding', reports: 'laporan', shift: 'serah-terima' } as const;
type Word = keyof typeof WORDS;

export type Place =
  | { page: 'signIn' }
  | { page: 'queue'; incident: string | null }
  | { page: Word }
  /** `of`: the one person, camera … that the page is about, where it is about one. */
  | { page: 'settings'; part: Setting; of?: string };

const isSetting = (text: string | undefined): text is Setting => SETTINGS.includes(text as Setting);

/** `search` carries the incident of a link in a message, `?kejadian=ID`: a fragment would not survive every messenger. */
export function parse(path: string, hash: string, search = ''): Place {
  if (path === SIGN_IN) return { page: 'signIn' };
  const parts = hash.replace(/^#\//, '').split('/');
  const linked = new URLSearchParams(search).get('kejadian') ?? '';
  return named(parts) ?? { page: 'queue', incident: incident(parts) ?? (ID.exec(linked)?.[0] ?? null) };
}

const ID = /^[\w.:-]+$/;

const incident = ([first, id, ...more]: readonly string[]): string | null =>
  first === 'kejadian' && more.length === 0 ? (ID.exec(id ?? '')?.[0] ?? null) : null;

/** A page that is not the queue. */
function named([first, part, of, ...more]: readonly string[]): Place | null {
  if (more.length > 0) return null;
  const word = (Object.keys(WORDS) as Word[]).find((page) => WORDS[page] === first);
  if (word !== undefined && part === undefined) return { page: word };
  if (first !== 'pengaturan' || !isSetting(part)) return null;
  return of === undefined ? { page: 'settings', part } : { page: 'settings', part, of: decoded(of) };
}

export function address(place: Place): string {
  if (place.page === 'signIn') return SIGN_IN;
  if (place.page === 'settings') {
    return `/#/pengaturan/${place.part}${place.of === undefined ? '' : `/${encodeURIComponent(place.of)}`}`;
  }
  if (place.page !== 'queue') return `/#/${WORDS[place.page]}`;
  return place.incident === null ? '/' : `/#/kejadian/${place.incident}`;
}

/** The token of a one-time link, `/masuk#token=…`. */
export function linkToken(path: string, hash: string): string | null {
  return path === SIGN_IN ? new URLSearchParams(hash.slice(1)).get('token') : null;
}

/** A hand-typed address may hold a lone `%`. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
