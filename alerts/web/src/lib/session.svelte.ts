import { api, ApiError } from './api';
import type { User } from './model';
import { route } from './route.svelte';

export type Notice = 'ended' | 'signedOut' | null;

/** `undefined`: not asked yet; `null`: nobody is signed in. */
let user = $state.raw<User | null | undefined>(undefined);
let notice = $state<Notice>(null);
/** The code of the error that kept us from learning who is signed in. */
let trouble = $state<string | null>(null);

function enter(signedIn: User): void {
  user = signedIn;
  notice = null;
  route.comeBack();
}

export const session = {
  get user(): User | null | undefined {
    return user;
  },
  get notice(): Notice {
    return notice;
  },
  get trouble(): string | null {
    return trouble;
  },

  /** Asks the centre who is signed in. */
  async find(): Promise<void> {
    trouble = null;
    try {
      const found = (await api.session()).user;
      if (user) return; // somebody signed in while the question was on its way, which the answer does not know of
      if (!found) return session.none();
      user = found;
      if (route.current.page === 'signIn') route.comeBack();
    } catch (error) {
      trouble = error instanceof ApiError ? error.code : 'other';
    }
  },

  /** Nobody is signed in, as found out at the start. */
  none(): void {
    user = null;
    route.leave();
  },

  async byPassword(name: string, password: string): Promise<void> {
    enter((await api.signIn(name, password)).user);
  },

  async byLink(token: string): Promise<void> {
    enter((await api.signInByLink(token)).user);
  },

  async signOut(): Promise<void> {
    await api.signOut();
    user = null;
    notice = 'signedOut';
    route.go({ page: 'signIn' });
  },

  async setPassword(password: string): Promise<void> {
    await api.setPassword(password);
    if (user) user = { ...user, must_set_password: false };
  },

  /** Takes an error of any call: a 401 ends the session here as well. Says whether it did. */
  endsWith(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.status !== 401) return false;
    notice = 'ended';
    session.none();
    return true;
  },
};
