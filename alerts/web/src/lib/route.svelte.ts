import { address, parse, type Place } from './places';

const RETURN_KEY = 'ekamling.return';

const here = (): Place => parse(location.pathname, location.hash, location.search);

const first = here();
// The link of a message becomes the address that people share and come back to.
if (location.search !== '' && first.page === 'queue') history.replaceState(null, '', address(first));

let current = $state.raw<Place>(first);

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
    current = here();
  },
  /** Goes to the sign-in page and remembers the way back. */
  leave(): void {
    if (current.page === 'signIn') return;
    sessionStorage.setItem(RETURN_KEY, address(current).slice(1));
    route.go({ page: 'signIn' });
  },
  comeBack(): void {
    const hash = sessionStorage.getItem(RETURN_KEY) ?? '';
    sessionStorage.removeItem(RETURN_KEY);
    route.go(parse('/', hash), true);
  },
};
