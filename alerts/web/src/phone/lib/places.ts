/** Where in the telephone's pages a person is; the part behind the `#` is the console's own where both have it. */

export type Tab = 'incidents' | 'kentongan' | 'ronda' | 'me';
export type PhonePlace = { page: 'incidents'; incident: string | null } | { page: Exclude<Tab, 'incidents'> | 'report' };

const NAMES = { kentongan: '#/kentongan', report: '#/lapor', ronda: '#/ronda', me: '#/saya' } as const;

/** `search` carries the incident of a link in a message, `?kejadian=ID`: a fragment would not survive every messenger. */
export function parse(hash: string, search = ''): PhonePlace {
  for (const [page, name] of Object.entries(NAMES)) {
    if (hash === name) return { page: page as keyof typeof NAMES };
  }
  const linked = new URLSearchParams(search).get('kejadian') ?? '';
  const incident = /^#\/kejadian\/([\w.:-]+)$/.exec(hash)?.[1] ?? /^[\w.:-]+$/.exec(linked)?.[0] ?? null;
  return { page: 'incidents', incident };
}

export function address(place: PhonePlace): string {
  if (place.page !== 'incidents') return `/m${NAMES[place.page]}`;
  return place.incident === null ? '/m' : `/m#/kejadian/${place.incident}`;
}

/** The token of a one-time link, `#token=…`. */
export const linkToken = (hash: string): string | null => new URLSearchParams(hash.slice(1)).get('token');

/** Which part of the bar below a page belongs to. */
export const tabOf = ({ page }: PhonePlace): Tab => (page === 'report' ? 'kentongan' : page);
