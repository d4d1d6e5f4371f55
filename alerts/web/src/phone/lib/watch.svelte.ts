import { api, serverNow } from '../../lib/api';
import type { Incident, User } from '../../lib/model';
import { isOpen, merge, NONE, ordered, type Incidents } from '../../lib/queue';
import { follow } from '../../lib/stream';
import { account, codeOf } from './account.svelte';
import { seen } from './store';

/** Silence after which people are told; the centre pings every 5 s, and telephones are slow to wake. */
const DEAF_MS = 20_000;
const RETRY_MS = 5000;
/** A telephone shows what is urgent; nobody scrolls further. */
const MOST = 200;

/** The incidents of a telephone: those that are open, as the stream tells them; without a signal, those last seen. */
export class Watch {
  incidents = $state.raw<Incidents>(NONE);
  loading = $state<'loading' | 'ready' | 'failed'>('loading');
  trouble = $state('other');
  heardAt = $state(0);
  /** The newest incident that came in while we watched, to be announced. */
  arrived = $state.raw<Incident | null>(null);

  readonly #user: User;
  #stopStream: () => void = () => undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(user: User) {
    this.#user = user;
  }

  get open(): Incident[] {
    return ordered(this.incidents, 'open');
  }

  deaf(now: number): boolean {
    return this.heardAt > 0 && now - this.heardAt >= DEAF_MS;
  }

  start(): () => void {
    const again = (): void => void (document.hidden ? undefined : this.load());
    addEventListener('online', again);
    document.addEventListener('visibilitychange', again);
    void this.#remember().then(() => this.load());
    return () => {
      this.#stopped = true;
      clearTimeout(this.#retry);
      this.#stopStream();
      removeEventListener('online', again);
      document.removeEventListener('visibilitychange', again);
    };
  }

  async #remember(): Promise<void> {
    const last = await seen.last().catch(() => undefined);
    if (last?.user.name !== this.#user.name || this.loading === 'ready') return;
    this.incidents = merge(NONE, last.incidents);
    this.heardAt = last.at;
  }

  async load(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const { incidents, feed } = await api.incidents('open', MOST);
      if (this.#stopped) return;
      // What was closed meanwhile is not in the answer, and not open any more.
      const closed = [...this.incidents.values()].filter((one) => !isOpen(one));
      this.incidents = merge(merge(NONE, closed), incidents);
      this.loading = 'ready';
      this.#heard();
      this.#keep();
      this.#listen(feed);
    } catch (error) {
      if (this.#stopped || account.endsWith(error)) return;
      this.trouble = codeOf(error);
      if (this.loading === 'loading') this.loading = 'failed';
      this.#retry = setTimeout(() => void this.load(), RETRY_MS);
    }
  }

  #listen(after: number): void {
    this.#stopStream();
    this.#stopStream = follow(after, {
      incident: (incident) => this.take(incident),
      edge: () => undefined,
      opened: () => this.#heard(),
      reset: () => void this.load(),
      heard: () => this.#heard(),
      refused: () => void this.load(),
    });
  }

  #heard(): void {
    this.heardAt = serverNow();
  }

  /** Puts in an incident that the centre told us about. */
  take(incident: Incident): void {
    const unknown = !this.incidents.has(incident.id);
    const merged = merge(this.incidents, [incident]);
    if (merged === this.incidents) return;
    this.incidents = merged;
    if (unknown && isOpen(incident)) this.arrived = incident;
    this.#keep();
  }

  #keep(): void {
    void seen.keep({ user: this.#user, incidents: this.open, at: serverNow() }).catch(() => undefined);
  }
}
