/** Who answers for an area, and where nobody does. */

import type { Role } from '../../lib/model';
import type { DutyGroup } from './people';
import { contains, LEVEL, levelOf, parentOf, type Level } from './people-rules';

/** Who ought to answer in an area of each size at any hour; others come when they are called. */
export const POSTS: Readonly<Record<Level, readonly Role[]>> = {
  1: [],
  2: ['operator', 'polres', 'satpolpp', 'damkar', 'bpbd'],
  3: ['polsek'],
  4: ['bhabinkamtibmas', 'linmas'],
  5: ['rw'],
  6: ['rt', 'ronda'],
};
/** Answers for many areas within a larger one: whose absence is counted in what lies below. */
const BELOW: Partial<Record<Level, Role>> = { 3: 'polsek', 4: 'bhabinkamtibmas', 5: 'rw', 6: 'rt' };

export interface Gap {
  area: string;
  role: Role;
}

/** The area and all larger ones around it, the smallest first, as far as a regency. */
export function around(area: string): string[] {
  const found: string[] = [];
  for (let code = area; code !== '' && levelOf(code) >= LEVEL.regency; code = parentOf(code)) found.push(code);
  return found;
}

/** Posts of an area and of those around it where nobody is on duty. */
export function gaps(area: string, duty: readonly DutyGroup[]): Gap[] {
  const covered = (code: string, role: Role) =>
    duty.some((group) => group.role === role && group.people.length > 0 && contains(group.area, code));
  return around(area).flatMap((code) =>
    POSTS[levelOf(code)].filter((role) => !covered(code, role)).map((role) => ({ area: code, role })),
  );
}

/** The areas directly within one whose own post is empty, and whose post it is; null where none is expected. */
export function emptyBelow<T extends { code: string }>(
  inner: readonly T[],
  duty: readonly DutyGroup[],
): { role: Role; empty: T[]; all: number } | null {
  const first = inner[0];
  const role = first && BELOW[levelOf(first.code)];
  if (role === undefined) return null;
  const held = duty.filter((group) => group.role === role && group.people.length > 0);
  const empty = inner.filter(({ code }) => !held.some((group) => contains(group.area, code)));
  return { role, empty, all: inner.length };
}

/** Groups by area, in the order in which the centre tells them: the smallest first. */
export function byArea(duty: readonly DutyGroup[]): { area: string; area_name: string; groups: DutyGroup[] }[] {
  return [...Map.groupBy(duty, (group) => group.area)].map(([area, groups]) => ({
    area,
    area_name: groups[0]?.area_name ?? area,
    groups,
  }));
}
