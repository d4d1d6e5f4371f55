import { api, ApiError } from '../../lib/api';
import type { User } from '../../lib/model';
import { choose, shellOf } from '../../lib/shell';
import { forgetAll, seen } from './store';

/** `undefined`: not known yet; `null`: nobody is signed in. */
let user = $state.raw<User | null | undefined>(undefined);
let notice = $state<'ended' | 'signedOut' | null>(null);
/** Whether the centre itself has said who is signed in, not this telephone's memory. */
let sure = $state(false);

function enter(found: User): void {
  user = found;
  sure = true;
  notice = null;
  // The next link of a message then finds its way here without loading the console.
  if (shellOf(found, null) === 'phone') choose('phone');
  void remember(found).catch(() => undefined);
}

/** So that the app knows its person without a signal, too. */
async function remember(found: User): Promise<void> {
  const last = await seen.last();
  const same = last?.user.name === found.name;
  await seen.keep({ user: found, incidents: same ? last.incidents : [], at: same ? last.at : 0 });
}

export const account = {
  get user(): User | null | undefined {
    return user;
  },
  get notice(): 'ended' | 'signedOut' | null {
    return notice;
  },
  get sure(): boolean {
    return sure;
  },

  /** Asks the centre who is signed in; without a signal it is who was so last. */
  async find(): Promise<void> {
    const kept = seen.last().catch(() => undefined);
    try {
      const found = (await api.session()).user;
      if (sure) return; // somebody signed in while the question was on its way
      if (found === null) user = null;
      else enter(found);
    } catch {
      user ??= (await kept)?.user ?? null;
    }
  },

  async byPassword(name: string, password: string): Promise<void> {
    enter((await api.signIn(name, password)).user);
  },

  async byLink(token: string): Promise<void> {
    enter((await api.signInByLink(token)).user);
  },

  async setPassword(password: string): Promise<void> {
    await api.setPassword(password);
    if (user) user = { ...user, must_set_password: false };
  },

  async signOut(): Promise<void> {
    await api.signOut();
    await account.leave('signedOut');
  },

  async leave(why: 'ended' | 'signedOut'): Promise<void> {
    user = null;
    sure = true;
    notice = why;
    if (why === 'signedOut') await forgetAll().catch(() => undefined);
  },

  /** Finds out whether the session has ended meanwhile. */
  async check(): Promise<void> {
    try {
      if (user && (await api.session()).user === null) await account.leave('ended');
    } catch {
      // No signal: nobody knows.
    }
  },

  /** Takes an error of any call: a 401 ends the session here as well. Says whether it did. */
  endsWith(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.status !== 401) return false;
    void account.leave('ended');
    return true;
  },
};

export const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : 'other');
