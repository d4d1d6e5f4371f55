import { address, parse, type Place } from './places';

const RETURN_KEY = 'ekamling.return';

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
