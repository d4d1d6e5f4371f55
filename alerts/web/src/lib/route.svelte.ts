/** Where in the pages a person is: `/masuk`, or the console with its part behind the `#`. */

export type Place = { page: 'signIn' } | { page: 'queue'; incident: string | null } | { page: 'cameras' };

const RETURN_KEY = 'ekamling.return';
const SIGN_IN = '/masuk';

export function parse(path: string, hash: string): Place {
  if (path === SIGN_IN) return { page: 'signIn' };
  if (hash === '#/kamera') return { page: 'cameras' };
  const incident = /^#\/kejadian\/([\w.:-]+)$/.exec(hash)?.[1] ?? null;
  return { page: 'queue', incident };
}

export function address(place: Place): string {
  if (place.page === 'signIn') return SIGN_IN;
  if (place.page === 'cameras') return '/#/kamera';
  return place.incident === null ? '/' : `/#/kejadian/${place.incident}`;
}

/** The token of a one-time link, `/masuk#token=…`. */
export function linkToken(path: string, hash: string): string | null {
  return path === SIGN_IN ? new URLSearchParams(hash.slice(1)).get('token') : null;
}

let current = $state.raw<Place>(parse(location.pathname, location.hash));

export const route = {
  get current(): Place {
    return current;
  },
  /** `quiet`: a step that the Back button should not stop at, such as moving along the queue. */
  go(place: Place, quiet = false): void {
    if (quiet) history.replaceState(null, '', address(place));
    else history.pushState(null, '', address(place));
    current = place;
  },
  follow(): void {
    current = parse(location.pathname, location.hash);
  },
  /** Goes to the sign-in page and remembers the way back. */
  leave(): void {
    if (current.page === 'signIn') return;
    sessionStorage.setItem(RETURN_KEY, location.hash);
    route.go({ page: 'signIn' });
  },
  comeBack(): void {
    const hash = sessionStorage.getItem(RETURN_KEY) ?? '';
    sessionStorage.removeItem(RETURN_KEY);
    route.go(parse('/', hash), true);
  },
};
