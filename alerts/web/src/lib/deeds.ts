/** What a person may do with an incident now: pure, so that it is tested without a page. */

import type { Incident, Todo, User } from './model';
import { mayCommand, mayRespond } from './roles';

export const DEEDS = [
  'acknowledge',
  'verify',
  'dispatch',
  'arrive',
  'resolve',
  'false',
  'test',
  'note',
  'handOver',
  'regrade',
  'merge',
  'split',
  'release',
] as const;
export type Deed = (typeof DEEDS)[number];

/** The key of each deed, by its Indonesian word where that was free. */
export const KEY_OF: Readonly<Record<Deed, string>> = {
  acknowledge: 'A',
  verify: 'V',
  dispatch: 'T',
  arrive: 'L',
  resolve: 'S',
  false: 'P',
  test: 'U',
  note: 'C',
  handOver: 'H',
  regrade: 'G',
  merge: 'B',
  split: 'X',
  release: 'R',
};

const FORWARD: readonly Deed[] = ['verify', 'dispatch', 'arrive', 'note'];
const ENDING: readonly Deed[] = ['resolve', 'false', 'test'];
const ASIDE: readonly Deed[] = ['handOver', 'regrade', 'merge', 'split', 'release'];

export interface Offer {
  /** The one next step, in the same place always. */
  primary: Deed | null;
  forward: readonly Deed[];
  ending: readonly Deed[];
  aside: readonly Deed[];
}

/** The steps that must be ticked before an incident is closed as resolved. */
export const missing = (procedure: readonly Todo[]): readonly Todo[] =>
  procedure.filter((step) => step.required && step.done_at === null);

export function offer(incident: Incident, user: User): Offer {
  const may = (deed: Deed): boolean => allowed(deed, incident, user);
  const primary = next(incident, user);
  const others = (deeds: readonly Deed[]): readonly Deed[] => deeds.filter((deed) => deed !== primary && may(deed));
  return { primary, forward: others(FORWARD), ending: others(ENDING), aside: others(ASIDE) };
}

/** Whether a deed may be done with an open incident by somebody who commands, or has it. */
const CONDITIONS: Readonly<Record<Deed, (incident: Incident, command: boolean, mine: boolean) => boolean>> = {
  acknowledge: ({ claimant }) => claimant === null,
  verify: ({ claimant }, command, mine) => command || mine || claimant === null,
  dispatch: (_, command) => command,
  arrive: ({ state }) => state !== 'on_scene',
  resolve: (_, command, mine) => command || mine,
  false: (_, command, mine) => command || mine,
  test: (_, command) => command,
  note: () => true,
  handOver: (_, command) => command,
  regrade: (_, command) => command,
  merge: (_, command) => command,
  split: ({ event_count }, command) => command && event_count > 1,
  release: ({ claimant }, command, mine) => claimant !== null && (command || mine),
};

export function allowed(deed: Deed, incident: Incident, user: User): boolean {
  if (!mayRespond(user)) return false;
  if (incident.state === 'closed') return deed === 'note';
  return CONDITIONS[deed](incident, mayCommand(user), incident.claimant === user.name);
}

function next(incident: Incident, user: User): Deed | null {
  if (incident.claimant === null) return allowed('acknowledge', incident, user) ? 'acknowledge' : null;
  const rest: Readonly<Record<Incident['state'], readonly Deed[]>> = {
    new: ['verify'],
    verified: ['dispatch', 'arrive'],
    dispatched: ['arrive'],
    on_scene: ['resolve'],
    closed: [],
  };
  return rest[incident.state].find((deed) => allowed(deed, incident, user)) ?? null;
}
