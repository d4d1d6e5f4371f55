/**
 * What this telephone keeps (IndexedDB): answers that wait for a signal, and what was last seen, to be shown without one.
 * Pages and the service worker share it.
 */

import type { Incident, User } from '../../lib/model';

const NAME = 'ekamling';
const WAITING = 'waiting';
const SEEN = 'seen';

/** One call that is to reach the centre, whenever that may be. Calls of one `id` are the same call. */
export interface Waiting {
  id: string;
  /** Whose answer it is: it is never sent in another's name. */
  user: string;
  what: 'verdict' | 'kentongan' | 'report' | 'photo';
  /** The incident that it is about, if any. */
  incident: string | null;
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
  /** In place of `body`. */
  photo?: Blob;
  /** Milliseconds since 1970, by the centre's clock. */
  made: number;
  /** The code of the centre's refusal: it will not be sent again. */
  refused?: string;
}

/** What was on the screen when there last was a signal. */
export interface Seen {
  user: User;
  incidents: Incident[];
  at: number;
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(WAITING, { keyPath: 'id' });
      request.result.createObjectStore(SEEN);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no IndexedDB'));
  });
}

async function use<T>(name: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode);
      const request = act(transaction.objectStore(name));
      // Only a finished transaction is on the disk.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB gave up'));
    });
  } finally {
    database.close();
  }
}

export const waiting = {
  async all(): Promise<Waiting[]> {
    const found = await use<Waiting[]>(WAITING, 'readonly', (store) => store.getAll());
    return found.sort((a, b) => a.made - b.made);
  },
  put: (one: Waiting): Promise<unknown> => use(WAITING, 'readwrite', (store) => store.put(one)),
  drop: (id: string): Promise<unknown> => use(WAITING, 'readwrite', (store) => store.delete(id)),
};

export const seen = {
  last: (): Promise<Seen | undefined> => use<Seen | undefined>(SEEN, 'readonly', (store) => store.get('last')),
  keep: (what: Seen): Promise<unknown> => use(SEEN, 'readwrite', (store) => store.put(what, 'last')),
};

/** Forgets everything: who signs in next on this telephone finds nothing of who was there before. */
export async function forgetAll(): Promise<void> {
  await use(WAITING, 'readwrite', (store) => store.clear());
  await use(SEEN, 'readwrite', (store) => store.clear());
}
