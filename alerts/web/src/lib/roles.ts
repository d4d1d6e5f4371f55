import type { User } from './model';

/** What people are to the centre. The centre decides what each may do; the pages only leave out what it would refuse. */
export const ROLES = [
  'resident',
  'ronda',
  'linmas',
  'rt',
  'rw',
  'bhabinkamtibmas',
  'polsek',
  'polres',
  'satpolpp',
  'damkar',
  'bpbd',
  'installer',
  'operator',
  'admin',
  'auditor',
] as const;
export type Role = (typeof ROLES)[number];

const OUTSIDE: readonly Role[] = ['resident', 'installer'];
const COMMANDERS: readonly Role[] = ['polsek', 'polres', 'satpolpp', 'operator', 'admin'];

/** Whether somebody sees incidents at all. */
export const maySee = ({ role }: User): boolean => !OUTSIDE.includes(role);
/** Take, verify, arrive, note; and see pictures, which are for those who respond. */
export const mayRespond = (user: User): boolean => maySee(user) && user.role !== 'auditor';
/** Dispatch, hand over, change the severity, close, arm. */
export const mayCommand = ({ role }: User): boolean => COMMANDERS.includes(role);
