import { serverNow } from '../../lib/api';
import { account } from './account.svelte';
import { newId } from './ids';
import { send, type Sent } from './sending';
import { waiting, type Waiting } from './store';

const AGAIN_MS = 15_000;
const LOCK = 'ekamling-outbox';
const CHANNEL = 'ekamling';

let items = $state.raw<readonly Waiting[]>([]);
let busy = $state(false);
let listeners: readonly ((sent: Sent) => void)[] = [];

/** One browser context at a time sends, so that nothing is sent twice at once. */
async function alone(act: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request(LOCK, act);
  else await act();
}

async function look(): Promise<void> {
  const { user } = account;
  items = user ? (await waiting.all()).filter((one) => one.user === user.name) : [];
}

/** Lets the browser wake the service worker for it when there is a signal again, where it can do that. */
async function askForSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.ready;
    if ('sync' in registration) await (registration.sync as { register(tag: string): Promise<void> }).register('outbox');
  } catch {
    // Then it is sent by the page, when it is open.
  }
}

/** Answers on their way to the centre: they are kept first, so that a telephone without a signal loses none. */
export const outbox = {
  get items(): readonly Waiting[] {
    return items;
  },
  get unsent(): readonly Waiting[] {
    return items.filter((one) => one.refused === undefined);
  },
  get refused(): readonly Waiting[] {
    return items.filter((one) => one.refused !== undefined);
  },
  get busy(): boolean {
    return busy;
  },
  async put(one: Omit<Waiting, 'id' | 'user' | 'made'> & { id?: string }): Promise<void> {
    if (!account.user) return;
    await waiting.put({ id: newId(), ...one, user: account.user.name, made: serverNow() });
    await look();
    void outbox.send();
  },
  async drop(id: string): Promise<void> {
    await waiting.drop(id);
    await look();
  },
  async send(): Promise<void> {
    const { user } = account;
    if (!user) return;
    await alone(async () => {
      await look();
      if (outbox.unsent.length === 0) return;
      busy = true;
      try {
        const sent = await send(waiting, user.name, serverNow(), (path, init) => fetch(path, init));
        await look();
        for (const each of sent) for (const listener of listeners) listener(each);
      } finally {
        busy = false;
      }
    });
    if (outbox.unsent.length > 0) {
      void askForSync();
      if (navigator.onLine) void account.check();
    }
  },
  /** Is told of each that reached the centre. */
  onsent(listener: (sent: Sent) => void): () => void {
    listeners = [...listeners, listener];
    return () => (listeners = listeners.filter((each) => each !== listener));
  },
  start(): () => void {
    const attempt = (): void => void outbox.send();
    const shown = (): void => (document.hidden ? undefined : attempt());
    const timer = setInterval(() => (outbox.unsent.length > 0 ? attempt() : undefined), AGAIN_MS);
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => void look();
    addEventListener('online', attempt);
    document.addEventListener('visibilitychange', shown);
    attempt();
    return () => {
      clearInterval(timer);
      channel.close();
      removeEventListener('online', attempt);
      document.removeEventListener('visibilitychange', shown);
    };
  },
};
