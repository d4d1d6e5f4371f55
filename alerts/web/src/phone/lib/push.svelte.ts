import type { User } from '../../lib/model';
import { keep, kept } from '../../lib/memory';
import { calls, type Contact } from './calls';
import { isIos } from './ways';

export type PushState = 'unknown' | 'unable' | 'installFirst' | 'noKey' | 'denied' | 'off' | 'on';

const CHANNEL = 'web_push';
/** The subscription's address that the centre knows of this browser; empty for none. */
const MEMORY = 'push';

let state = $state<PushState>('unknown');
let failed = $state(false);
let busy = $state(false);

export const standalone = (): boolean =>
  matchMedia('(display-mode: standalone)').matches || ('standalone' in navigator && navigator.standalone === true);

const able = (): boolean => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

function addressOf(subscription: PushSubscription): string {
  const { endpoint, keys } = subscription.toJSON();
  return JSON.stringify({ endpoint, keys });
}

const endpointOf = (address: string): string => {
  try {
    return (JSON.parse(address) as { endpoint: string }).endpoint;
  } catch {
    return '';
  }
};

/** Puts this browser's address in the place of its earlier one; `null` takes it away. Push comes before other ways. */
async function tellCentre(user: User, address: string | null): Promise<void> {
  const ours = new Set([kept(MEMORY) ?? '', address === null ? '' : endpointOf(address)]);
  const others = (await calls.contacts(user.name)).contacts.filter(
    (one) => one.channel !== CHANNEL || !ours.has(endpointOf(one.address)),
  );
  const own: Contact[] = address === null ? [] : [{ channel: CHANNEL, address }];
  await calls.setContacts(user.name, [...own, ...others]);
  keep(MEMORY, address === null ? '' : endpointOf(address));
}

async function subscribe(user: User, key: string): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await tellCentre(user, addressOf(subscription));
}

async function endpointNow(): Promise<string | undefined> {
  return (await (await navigator.serviceWorker.ready).pushManager.getSubscription())?.endpoint;
}

/** What keeps this browser from being told; null for nothing. */
function hindrance(): PushState | null {
  if (!able()) return isIos(navigator.userAgent, navigator.maxTouchPoints) && !standalone() ? 'installFirst' : 'unable';
  return Notification.permission === 'denied' ? 'denied' : null;
}

export const push = {
  get state(): PushState {
    return state;
  },
  get failed(): boolean {
    return failed;
  },
  get busy(): boolean {
    return busy;
  },

  /** Finds out how things are, and tells the centre where the browser has changed its address meanwhile. */
  async look(user: User): Promise<void> {
    const hindered = hindrance();
    if (hindered !== null) {
      state = hindered;
      return;
    }
    try {
      const { key } = await calls.pushKey();
      if (key === null) {
        state = 'noKey';
        return;
      }
      const known = kept(MEMORY) ?? '';
      state = known !== '' && Notification.permission === 'granted' ? 'on' : 'off';
      if (state === 'on' && (await endpointNow()) !== known) await subscribe(user, key);
    } catch {
      if (state === 'unknown') state = 'off';
    }
  },

  /** Asks the person, the browser and the centre, in this order; call it from a press of a button. */
  async turnOn(user: User): Promise<void> {
    busy = true;
    failed = false;
    try {
      if ((await Notification.requestPermission()) !== 'granted') {
        state = Notification.permission === 'denied' ? 'denied' : 'off';
        return;
      }
      const { key } = await calls.pushKey();
      if (key === null) {
        state = 'noKey';
        return;
      }
      await subscribe(user, key);
      state = 'on';
    } catch {
      failed = true;
    } finally {
      busy = false;
    }
  },

  async turnOff(user: User): Promise<void> {
    busy = true;
    failed = false;
    try {
      await tellCentre(user, null);
      const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
      await subscription?.unsubscribe();
      state = 'off';
    } catch {
      failed = true;
    } finally {
      busy = false;
    }
  },

  /** Before signing out: the next to sign in on this telephone must not be told what the last was. */
  async leave(user: User): Promise<void> {
    if (state === 'on' || (kept(MEMORY) ?? '') !== '') await push.turnOff(user);
  },
};
