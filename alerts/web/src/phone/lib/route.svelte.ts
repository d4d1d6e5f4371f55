import { address, parse, type PhonePlace } from './places';

const here = (): PhonePlace => parse(location.hash, location.search);

const first = here();
// The link of a message becomes the address that people come back to.
if (location.search !== '') history.replaceState(null, '', address(first));

let current = $state.raw<PhonePlace>(first);

export const route = {
  get current(): PhonePlace {
    return current;
  },
  go(place: PhonePlace): void {
    history.pushState(null, '', address(place));
    current = place;
    scrollTo(0, 0);
  },
  follow(): void {
    current = here();
  },
};
