import type { FeatureCollection } from 'geojson';

import type { Base } from './basemap';
import type { Watched } from './live.svelte';
import type { Closing, Edge, Group, Incident, IncidentDetail, Level, Mode, Report, Severity, User } from './model';

/** A reply that is not a success; `status` 0 means that no reply came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Milliseconds by which the centre's clock is ahead of this computer's; ages are counted with it. */
let ahead = 0;

export const serverNow = (): number => Date.now() + ahead;

function compareClocks(reply: Response): void {
  const theirs = Date.parse(reply.headers.get('date') ?? '');
  const difference = theirs - Date.now();
  // The header counts whole seconds, so a smaller difference says nothing.
  if (Number.isFinite(difference)) ahead = Math.abs(difference) > 2000 ? difference : 0;
}

async function failure(reply: Response): Promise<ApiError> {
  try {
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    return new ApiError(reply.status, error.code, error.message);
  } catch {
    return new ApiError(reply.status, `http_${reply.status}`, reply.statusText);
  }
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(`/api/v1/${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new ApiError(0, 'unreachable', 'no reply');
  }
  compareClocks(reply);
  if (!reply.ok) throw await failure(reply);
  return (reply.status === 204 ? undefined : await reply.json()) as T;
}

const part = encodeURIComponent;

/** Something that is done with an incident; the answer is the incident as it is then. */
const work = (id: string, deed: string, body?: unknown): Promise<{ incident: Incident }> =>
  call('POST', `incidents/${part(id)}/${deed}`, body);

/** How people may sign in beside name and password. */
export interface Ways {
  sso: { label: string; start: string } | null;
}

export const api = {
  ways: () => call<Ways>('GET', 'session/ways'),
  session: () => call<{ user: User | null }>('GET', 'session'),
  signIn: (name: string, password: string) => call<{ user: User }>('POST', 'session', { name, password }),
  signInByLink: (token: string) => call<{ user: User }>('POST', 'session/link', { token }),
  signOut: () => call<undefined>('DELETE', 'session'),
  setPassword: (password: string) => call<undefined>('POST', 'session/password', { password }),
  /** The most urgent, or the last closed; `limit` is 1,000 at most. */
  incidents: (state: 'open' | 'closed', limit: number) =>
    call<{ incidents: Incident[]; feed: number }>('GET', `incidents?state=${state}&limit=${limit}`),
  incident: (id: string) => call<IncidentDetail>('GET', `incidents/${part(id)}`),
  reports: (id: string) => call<{ reports: Report[] }>('GET', `incidents/${part(id)}/reports`),
  acknowledge: (id: string) => work(id, 'acknowledge'),
  release: (id: string) => work(id, 'release', {}),
  verify: (id: string, level: Level, note: string) => work(id, 'verify', { level, note }),
  dispatch: (id: string, agency: string, note: string) => work(id, 'dispatch', { agency, note }),
  arrive: (id: string) => work(id, 'arrive', {}),
  note: (id: string, note: string) => work(id, 'notes', { note }),
  handOver: (id: string, agency: string, note: string) => work(id, 'hand-over', { agency, note }),
  regrade: (id: string, severity: Severity, reason: string) => work(id, 'severity', { severity, reason }),
  merge: (id: string, into: string, reason: string) => work(id, 'merge', { into, reason }),
  split: (id: string, events: readonly string[], reason: string) => work(id, 'split', { events, reason }),
  close: (id: string, resolution: Closing, reason: string) => work(id, 'close', { resolution, reason }),
  tick: (id: string, step: string, done: boolean) =>
    call<{ incident: Incident }>('PUT', `incidents/${part(id)}/steps/${part(step)}`, { done }),
  map: () => call<FeatureCollection>('GET', 'map'),
  base: () => call<{ base: Base | null }>('GET', 'map/base'),
  edges: () => call<{ edges: Edge[] }>('GET', 'edges'),
  live: () => call<{ ice_servers: RTCIceServer[] }>('GET', 'live'),
  arm: (edge: string, group: string, mode: Mode) =>
    call<{ group: Group }>('PUT', `edges/${part(edge)}/groups/${part(group)}`, { mode }),
};

/** Where what is watched of a camera is asked for. */
function watchUrl({ edge, camera, incident }: Watched, what: 'live' | 'pictures'): string {
  const query = incident === '' ? '' : `?incident=${part(incident)}`;
  return `/api/v1/cameras/${part(edge)}/${part(camera)}/${what}${query}`;
}

/** A reply to a request that is no JSON; throws as `call` does. */
async function plain(url: string, init: RequestInit): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(url, { signal: AbortSignal.timeout(15_000), ...init });
  } catch {
    throw new ApiError(0, 'unreachable', 'no reply');
  }
  if (!reply.ok) throw await failure(reply);
  return reply;
}

/** WHEP: a browser's offer is answered by the camera's edge; `location` is what `stopLive` ends. */
export async function offerLive(watched: Watched, offer: string): Promise<{ location: string; sdp: string }> {
  const headers = { 'content-type': 'application/sdp' };
  const reply = await plain(watchUrl(watched, 'live'), { method: 'POST', headers, body: offer });
  return { location: reply.headers.get('location') ?? '', sdp: await reply.text() };
}

/** Also while the page is being left. */
export function stopLive(location: string): void {
  fetch(location, { method: 'DELETE', keepalive: true }).catch(() => undefined);
}

export const pictureOf = async (location: string, signal = new AbortController().signal): Promise<Blob> =>
  (await plain(location, { signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]) })).blob();

export async function beginPictures(watched: Watched): Promise<string> {
  const reply = await plain(watchUrl(watched, 'pictures'), { method: 'POST' });
  const { view } = (await reply.json()) as { view: string };
  return `${watchUrl({ ...watched, incident: '' }, 'pictures')}/${part(view)}`;
}

export const snapshotUrl = (event: string): string => `/api/v1/events/${part(event)}/snapshot.jpg`;
export const clipUrl = (event: string): string => `/api/v1/events/${part(event)}/clip.mp4`;
export const photoUrl = (report: string): string => `/api/v1/reports/${part(report)}/photo.jpg`;
export const streamUrl = (after: number): string => `/api/v1/stream?after=${after}`;
