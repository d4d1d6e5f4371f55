/** Who may do what to whom, and which role suits which area, as alerts/people/authority.py and roles.py have it. The
 *  centre decides; the pages leave out what it would refuse. */

import { ROLES, type Role, type User } from '../../lib/model';
import type { Person } from './people';

/** How large an area is, by the parts of its code. */
export const LEVEL = { province: 1, regency: 2, district: 3, village: 4, rw: 5, rt: 6 } as const;
export type Level = (typeof LEVEL)[keyof typeof LEVEL];

const EVERY: readonly Level[] = [1, 2, 3, 4, 5, 6];
const LEVELS: Readonly<Record<Role, readonly Level[]>> = {
  resident: [6],
  ronda: [6, 5],
  linmas: [6, 5, 4],
  rt: [6],
  rw: [5],
  bhabinkamtibmas: [4],
  polsek: [3],
  polres: [2],
  satpolpp: [2, 3],
  damkar: [2, 3],
  bpbd: [2, 3],
  installer: EVERY,
  operator: EVERY,
  admin: EVERY,
  auditor: EVERY,
};
const OF_HEADS: readonly Role[] = ['ronda', 'linmas'];
const CODE = /^\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\/RW\d{2,3}(\/RT\d{2,3})?)?)?)?)?$/;

export const isArea = (code: string): boolean => CODE.test(code);
export const levelOf = (code: string): Level => ((code.match(/[./]/g)?.length ?? 0) + 1) as Level;

/** Whether `inner` lies within `outer`, or is the same. */
export const contains = (outer: string, inner: string): boolean =>
  inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}/`);

/** The next larger area; empty for a province. */
export const parentOf = (code: string): string => code.slice(0, Math.max(code.lastIndexOf('.'), code.lastIndexOf('/'), 0));

/** An area's own size or one level more; the head of an RT may have the whole village. */
export function suits(role: Role, code: string): boolean {
  const natural = LEVELS[role];
  const widest = Math.min(...natural);
  const allowed = widest === LEVEL.rt ? LEVEL.village : Math.max(widest - 1, LEVEL.province);
  const level = levelOf(code);
  return natural.includes(level) || (allowed <= level && level < widest);
}

export const rolesFor = (code: string): Role[] => ROLES.filter((role) => suits(role, code));

export const administers = (user: User, person: Pick<Person, 'area'>): boolean =>
  user.role === 'admin' && contains(user.area, person.area);

/** Administrators, and the head of an RT or RW for its ronda and Satlinmas. */
export const rosters = (user: User, person: Pick<Person, 'area' | 'role'>): boolean =>
  administers(user, person) ||
  ((user.role === 'rt' || user.role === 'rw') && OF_HEADS.includes(person.role) && contains(user.area, person.area));

/** Told at the console, whatever contacts they have. */
export const atConsole = (role: Role): boolean => ['operator', 'polsek', 'polres', 'satpolpp', 'admin'].includes(role);

/** Who is told without a shift and without having checked in. */
export const onCall = (role: Role): boolean => !['resident', 'ronda', 'auditor'].includes(role);

/** Works on incidents or cameras, and so has turns. */
export const hasTurns = (role: Role): boolean => works(role) || role === 'installer';

/** Works on incidents. */
export const works = (role: Role): boolean => !['resident', 'installer', 'auditor'].includes(role);

/** Whether `other` can take a person's place. */
export const mayStandIn = (person: Pick<Person, 'name' | 'role' | 'area'>, other: Pick<Person, 'name' | 'role' | 'area'>): boolean =>
  other.name !== person.name && contains(other.area, person.area) && (other.role === person.role || works(other.role));

/** Whether somebody may sign in by this name. */
export const isLogin = (name: string): boolean => /^[a-z0-9][a-z0-9._@+-]{0,79}$/.test(name);
