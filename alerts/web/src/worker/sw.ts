/// <reference lib="webworker" />

/** The service worker of the telephone's pages: the shell without a network, pushes, and answers that wait. */

import { api } from '../lib/api';
import { send } from '../phone/lib/sending';
import { seen, waiting } from '../phone/lib/store';
import { isCall, notificationFor, pictureUrl, placeOf, type Pushed } from './notice';

declare const self: ServiceWorkerGlobalScope;
/** Written in by the build: the files of the shell, and a name that changes with them. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const CACHE = `ekamling-${__VERSION__}`;
const SHELL = '/m';
/** How long the picture is waited for: it may still be on its way from the edge. Browsers give a push half a minute. */
const PICTURE_MS = 20_000;
const AGAIN_MS = 2000;
/** Incidents whose notification a person has put away since the last push about it. */
const putAway = new Set<string>();

/** Background Sync, which not all browsers have and TypeScript does not know. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      // The page must be that of these files, not one that the browser kept; files of a build never change.
      .then((cache) =>
        cache.addAll(__FILES__.map((file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }))),
      )
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  const file = request.mode === 'navigate' && pathname === SHELL ? SHELL : pathname;
  if (!__FILES__.includes(file)) return;
  event.respondWith(caches.match(file, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
});

self.addEventListener('push', (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (pushed !== undefined) event.waitUntil(show(pushed));
});

/** Shows it at once, which iOS asks for, and again with the picture when that has come. */
async function show(pushed: Pushed): Promise<void> {
  putAway.delete(pushed.incident);
  await self.registration.showNotification(pushed.title, notificationFor(pushed));
  if (!isCall(pushed)) return;
  const picture = await awaited(pushed.incident);
  // Not asked of `getNotifications`, which may not yet know of what was shown a moment ago.
  if (picture === null || putAway.has(pushed.incident)) return;
  await self.registration.showNotification(pushed.title, notificationFor(pushed, picture));
}

/** The picture of an incident, asked for until it has come or the push's time is over. */
async function awaited(incident: string): Promise<string | null> {
  const end = Date.now() + PICTURE_MS;
  for (;;) {
    const picture = await pictureOf(incident, end - Date.now()).catch(() => null);
    if (picture !== null || putAway.has(incident) || Date.now() + AGAIN_MS >= end) return picture;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** The picture of an incident as a `data:` address, for who is signed in and may see it. */
async function pictureOf(incident: string, patience: number): Promise<string | null> {
  const { incident: found } = await api.incident(incident);
  const address = pictureUrl(found);
  if (address === null) return null;
  const reply = await fetch(address, { signal: AbortSignal.timeout(patience) });
  if (!reply.ok) return null;
  const bytes = new Uint8Array(await reply.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:image/jpeg;base64,${btoa(text)}`;
}

self.addEventListener('notificationclose', (event) => {
  putAway.add((event.notification.data as Pushed).incident);
});

self.addEventListener('notificationclick', (event) => {
  const pushed = event.notification.data as Pushed;
  putAway.add(pushed.incident);
  event.notification.close();
  event.waitUntil(Promise.all([open(pushed.incident), event.action === 'take' ? take(pushed) : undefined]));
});

async function open(incident: string): Promise<void> {
  const address = placeOf(incident);
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const ours = windows.find((client) => new URL(client.url).pathname === SHELL);
  if (ours === undefined) {
    await self.clients.openWindow(address);
    return;
  }
  ours.postMessage({ open: incident });
  await ours.focus();
}

/** Takes the incident by the message's own answer, which needs no session; without a signal it waits with the rest. */
async function take(pushed: Pushed): Promise<void> {
  try {
    const reply = await fetch(new URL(pushed.answer_url).pathname, { method: 'POST' });
    if (reply.ok || reply.status === 404) return;
  } catch {
    // No signal.
  }
  const last = await seen.last();
  if (last === undefined) return;
  await waiting.put({
    id: `take-${pushed.id}`,
    user: last.user.name,
    what: 'verdict',
    incident: pushed.incident,
    method: 'POST',
    path: `incidents/${pushed.incident}/verdict`,
    body: { verdict: 'mine' },
    made: Date.now(),
  });
}

self.addEventListener('sync', (event) => {
  if ((event as SyncEvent).tag === 'outbox') (event as SyncEvent).waitUntil(sendAll());
});

async function sendAll(): Promise<void> {
  await self.navigator.locks.request('ekamling-outbox', async () => {
    const { user } = await api.session();
    if (user === null) return;
    await send(waiting, user.name, Date.now(), (path, init) => fetch(path, init));
  });
  new BroadcastChannel('ekamling').postMessage('sent');
}
