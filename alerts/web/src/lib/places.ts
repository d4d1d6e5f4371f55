/** Where in the pages a person is: `/masuk`, or the console with its part behind the `#`. */

const SIGN_IN = '/masuk';

export type Place = { page: 'signIn' } | { page: 'queue'; incident: string | null } | { page: 'cameras' } | { page: 'map' };

/** `search` carries the incident of a link in a message, `?kejadian=ID`: a fragment would not survive every messenger. */
export function parse(path: string, hash: string, search = ''): Place {
  if (path === SIGN_IN) return { page: 'signIn' };
  if (hash === '#/kamera') return { page: 'cameras' };
  if (hash === '#/peta') return { page: 'map' };
  const linked = new URLSearchParams(search).get('kejadian') ?? '';
  const incident = /^#\/kejadian\/([\w.:-]+)$/.exec(hash)?.[1] ?? /^[\w.:-]+$/.exec(linked)?.[0] ?? null;
  return { page: 'queue', incident };
}

export function address(place: Place): string {
  if (place.page === 'signIn') return SIGN_IN;
  if (place.page === 'cameras') return '/#/kamera';
  if (place.page === 'map') return '/#/peta';
  return place.incident === null ? '/' : `/#/kejadian/${place.incident}`;
}

/** The token of a one-time link, `/masuk#token=…`. */
export function linkToken(path: string, hash: string): string | null {
  return path === SIGN_IN ? new URLSearchParams(hash.slice(1)).get('token') : null;
}
