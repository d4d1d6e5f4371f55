/** Being absent, as the form of the telephone has it: when, and who comes instead. */

import type { User } from '../../lib/model';
import { contains, mayStandIn } from '../../settings/people/people-rules';
import { fromField, toField } from '../../settings/people/people-shifts';
import type { Colleague, OnDuty } from './calls';
import type { NextTurn } from './turns';

/** As `datetime-local` fields hold them, in WIB. */
export interface When {
  start: string;
  end: string;
}

export interface Other {
  name: string;
  display_name: string;
}

const DAY_MS = 86_400_000;
const MORNING = '06:00';

/** The next turn, which is what one is mostly kept from; without turns from now until tomorrow morning. */
export function suggested(turn: NextTurn | undefined, now: number): When {
  if (turn === undefined) return { start: toField(now), end: `${toField(now + DAY_MS).slice(0, 10)}T${MORNING}` };
  const overnight = turn.end <= turn.start;
  const last = overnight ? new Date(Date.parse(`${turn.day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10) : turn.day;
  return { start: `${turn.day}T${turn.start}`, end: `${last}T${turn.end}` };
}

/** What is wrong with the times. */
export function troubleOf({ start, end }: When, now: number): 'missing' | 'backwards' | null {
  const [from, to] = [fromField(start), fromField(end)];
  if (from === '' || to === '') return 'missing';
  return to <= from || Date.parse(to) <= now ? 'backwards' : null;
}

/** Who can take the place: people of the same role here, then who is on duty at that time, here or around; each once. */
export function standIns(user: User, listed: readonly Colleague[], duty: readonly OnDuty[]): Other[] {
  const onDuty = duty
    .filter((group) => contains(group.area, user.area))
    .flatMap(({ role, area, people }) => people.map((person) => ({ ...person, role, area })));
  const able = [...listed, ...onDuty].filter((other) => mayStandIn(user, other));
  return [...new Map(able.map(({ name, display_name }) => [name, { name, display_name }])).values()];
}
