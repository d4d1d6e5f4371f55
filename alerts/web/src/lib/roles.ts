/** What each may do is for the centre to decide; the pages only leave out what it would refuse. */

import type { Role, User } from './model';

const OUTSIDE: readonly Role[] = ['resident', 'installer'];
const COMMANDERS: readonly Role[] = ['polsek', 'polres', 'satpolpp', 'operator', 'admin'];

/** Whether somebody sees incidents at all. */
export const maySee = ({ role }: User): boolean => !OUTSIDE.includes(role);
/** Take, verify, arrive, note; and see pictures, which are for those who respond. */
export const mayRespond = (user: User): boolean => maySee(user) && user.role !== 'auditor';
/** Dispatch, hand over, change the severity, close, arm. */
export const mayCommand = ({ role }: User): boolean => COMMANDERS.includes(role);
/** Beat the kentongan, and report. */
export const mayReport = ({ role }: User): boolean => role !== 'auditor';
