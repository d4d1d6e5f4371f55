/** Two shells share one centre: the console at `/`, and the telephone's pages at `/m`. Who belongs where. */

import { keep, kept } from './memory';
import type { Role, User } from './model';
import { maySee } from './roles';

export type Shell = 'console' | 'phone';

/** public/gate.js reads it, too, before a console is loaded for nothing. */
const NAME = 'shell';
const NEIGHBOURS: readonly Role[] = ['resident', 'ronda', 'linmas', 'rt', 'rw', 'bhabinkamtibmas', 'installer'];

/** What this browser was told to show, if anything. */
export const chosen = (): Shell | null => {
  const shell = kept(NAME);
  return shell === 'console' || shell === 'phone' ? shell : null;
};

export const choose = (shell: Shell): void => keep(NAME, shell);

/**
 * Neighbours belong to the telephone's pages unless they asked for the console, which those who see no incidents cannot.
 * An installer who asks finds the settings there, and nothing else.
 */
export function shellOf(user: User, choice: Shell | null): Shell {
  if (!mayChoose(user)) return 'phone';
  if (choice !== null) return choice;
  return NEIGHBOURS.includes(user.role) ? 'phone' : 'console';
}

export const mayChoose = (user: User): boolean => maySee(user) || user.role === 'installer';

/** The telephone's address of what stands behind an address of the console. */
export const phoneAddress = (search: string, hash: string): string => `/m${search}${hash}`;
