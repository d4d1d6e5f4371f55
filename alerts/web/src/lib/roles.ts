/** What each may do is for the centre to decide; the pages only leave out what it would refuse. */

import type { Role, User } from './model';
import { SETTINGS, type Setting } from './places';

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

const admin: readonly Role[] = ['admin'];
/** Whom each page of the settings is open to; who may only look finds no buttons there. */
const OPEN: Readonly<Record<Setting, readonly Role[]>> = {
  orang: [...COMMANDERS, 'rt', 'rw', 'auditor'],
  wilayah: [...admin, 'installer', 'operator', 'auditor'],
  aturan: [...admin, 'installer'],
  pemberitahuan: [...COMMANDERS, 'auditor'],
  senyap: [...COMMANDERS, 'rt', 'rw', 'installer'],
  aplikasi: admin,
  jejak: [...admin, 'auditor'],
};

export const settingsOf = ({ role }: User): Setting[] => SETTINGS.filter((part) => OPEN[part].includes(role));
export const mayAdminister = ({ role }: User): boolean => role === 'admin';
/** Figures of the own area. */
export const mayReadFigures = maySee;
