/** Sends what waits, oldest first; shared by the page and the service worker, of which one at a time is at it. */

import type { Waiting } from './store';

/** An old cry for help is a report: who reads it should not run for what was an hour ago. */
const CRY_MS = 3_600_000;

export interface Outbox {
  all(): Promise<Waiting[]>;
  put(one: Waiting): Promise<unknown>;
  drop(id: string): Promise<unknown>;
}

/** What became of one: `answer` is what the centre said; `refused` its code. */
export interface Sent {
  one: Waiting;
  answer?: unknown;
  refused?: string;
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Statuses that will be others later: no session, busy, or a centre in trouble. */
const passing = (status: number): boolean => status === 401 || status === 408 || status === 429 || status >= 500;

function request(one: Waiting, now: number): RequestInit {
  const { method, photo } = one;
  if (photo !== undefined) return { method, body: photo, headers: { 'content-type': 'image/jpeg' } };
  const old = one.what === 'kentongan' && now - one.made > CRY_MS;
  const body = old ? { ...(one.body as object), urgent: false } : one.body;
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

async function codeOf(reply: Response): Promise<string> {
  try {
    return ((await reply.json()) as { error: { code: string } }).error.code;
  } catch {
    return 'other';
  }
}

/**
 * Sends what waits of one user until one cannot be sent; answers with those that reached the centre. A refusal is kept,
 * to be shown; what it refused is not sent again.
 */
export async function send(outbox: Outbox, user: string, now: number, fetch: Fetch): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const one of await outbox.all()) {
    if (one.user !== user || one.refused !== undefined) continue;
    let reply: Response;
    try {
      reply = await fetch(`/api/v1/${one.path}`, { ...request(one, now), signal: AbortSignal.timeout(20_000) });
    } catch {
      return sent;
    }
    if (reply.ok) {
      await outbox.drop(one.id);
      sent.push({ one, answer: reply.status === 204 ? undefined : await reply.json() });
    } else if (passing(reply.status)) {
      return sent;
    } else {
      const refused = await codeOf(reply);
      await outbox.put({ ...one, refused });
      sent.push({ one, refused });
    }
  }
  return sent;
}
