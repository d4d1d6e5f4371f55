import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LiveView } from './live.svelte';

type Asked = readonly [method: string, url: string];

/** A browser's peer connection, as far as a view needs it. */
class PlayedPeer {
  static last: PlayedPeer | undefined;
  connectionState = 'new';
  iceGatheringState = 'complete';
  localDescription = { sdp: 'v=0 an offer' };
  closed = false;
  receiver = { transport: { state: 'connected', onstatechange: () => undefined } };
  ontrack: (event: unknown) => void = () => undefined;
  onconnectionstatechange: () => void = () => undefined;

  constructor() {
    PlayedPeer.last = this;
  }

  lost = 0;
  #looks = 0;

  addTransceiver = (): void => undefined;
  addEventListener = (): void => undefined;
  createOffer = (): Promise<object> => Promise.resolve({});
  setLocalDescription = (): Promise<void> => Promise.resolve();
  /** A hundred packets more at each look, and of them `lost`. */
  getStats = (): Promise<object> => {
    this.#looks += 1;
    const entry = { type: 'inbound-rtp', timestamp: 2000 * this.#looks, packetsReceived: (100 - this.lost) * this.#looks, packetsLost: this.lost * this.#looks };
    return Promise.resolve(new Map([['video', entry]]));
  };

  getReceivers = (): object[] => [this.receiver];

  setRemoteDescription = (): Promise<void> => {
    this.ontrack({ track: {}, receiver: this.receiver });
    return Promise.resolve();
  };

  close(): void {
    this.closed = true;
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}

const WATCHED = { edge: 'pos-1', camera: 'gerbang', incident: 'i-1' };
const GATE = '/api/v1/cameras/pos-1/gerbang';
let asked: Asked[] = [];
let stop: (() => void) | undefined;

const refusal = (status: number, code: string): Response => Response.json({ error: { code, message: code } }, { status });

/** Answers as a centre does; `live` is what it says to an offer. */
function centre(live: () => Response): void {
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}): Promise<Response> => {
    const method = init.method ?? 'GET';
    asked.push([method, url]);
    if (url.endsWith('/live') && method === 'GET') return Promise.resolve(Response.json({ ice_servers: [] }));
    if (url.includes('/live') && method === 'POST') return Promise.resolve(live());
    if (url.includes('/pictures') && method === 'POST') return Promise.resolve(Response.json({ view: 'v-2' }));
    if (url.includes('/pictures')) return Promise.resolve(new Response(new Blob(['a picture'])));
    return Promise.resolve(new Response(null, { status: 204 }));
  });
}

const agreed = (): Response => new Response('v=0 an answer', { status: 201, headers: { location: `${GATE}/live/v-1` } });

/** Lets time pass, and what waits for replies go on. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function begun(): Promise<LiveView> {
  const view = new LiveView(WATCHED);
  stop = view.start();
  await pass(0);
  return view;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  vi.stubGlobal('RTCPeerConnection', PlayedPeer);
  vi.stubGlobal('MediaStream', Object);
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
  asked = [];
});

afterEach(() => {
  stop?.();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a live view', () => {
  it('offers, plays, and gives its place back', async () => {
    centre(agreed);
    const view = await begun();
    expect(asked).toContainEqual(['POST', `${GATE}/live?incident=i-1`]);
    expect(view.state).toBe('connecting');
    view.began();
    expect(view.state).toBe('playing');
    stop?.();
    expect(PlayedPeer.last?.closed).toBe(true);
    expect(asked).toContainEqual(['DELETE', `${GATE}/live/v-1`]);
  });

  it.each(['off', 'incident_needed', 'edge_offline'])('tells a refusal: %s', async (code) => {
    centre(() => refusal(409, code));
    const view = await begun();
    expect([view.state, view.code]).toEqual(['refused', code]);
  });

  it.each(['codec', 'full'])('shows pictures, about one a second, where there is no stream to be had: %s', async (code) => {
    centre(() => refusal(409, code));
    const view = await begun();
    expect(view.state).toBe('pictures');
    const shown = view.picture;
    await pass(1000);
    expect(view.picture).not.toBe(shown);
    stop?.();
    expect(asked.at(-1)).toEqual(['DELETE', `${GATE}/pictures/v-2`]);
  });

  it('shows pictures where the network lets no stream through, and gives the place of the stream back', async () => {
    centre(agreed);
    const view = await begun();
    await pass(8000);
    expect(view.state).toBe('pictures');
    expect(asked).toContainEqual(['DELETE', `${GATE}/live/v-1`]);
  });

  it('goes on as pictures where the network does not carry the stream, and tries the stream again', async () => {
    centre(agreed);
    const view = await begun();
    view.began();
    if (PlayedPeer.last) PlayedPeer.last.lost = 30;
    for (let look = 0; look < 4; look += 1) await pass(2000);
    expect(view.state).toBe('pictures');
    expect(asked).toContainEqual(['DELETE', `${GATE}/live/v-1`]);
    for (let second = 0; second < 60; second += 1) await pass(1000);
    expect(asked.filter(([method, url]) => method === 'POST' && url.includes('/live'))).toHaveLength(2);
    view.began();
    expect(view.state).toBe('playing');
    for (let look = 0; look < 6; look += 1) await pass(2000);
    expect(view.state).toBe('playing');
  });

  it('is lost when the edge ends it', async () => {
    centre(agreed);
    const view = await begun();
    view.began();
    if (PlayedPeer.last) PlayedPeer.last.receiver.transport.state = 'closed';
    PlayedPeer.last?.become('connected');
    expect([view.state, view.code]).toEqual(['lost', 'ended']);
    await pass(60_000);
    expect(view.state).toBe('lost');
  });

  it('forgives a stumble and not a fall', async () => {
    centre(agreed);
    const view = await begun();
    view.began();
    PlayedPeer.last?.become('disconnected');
    await pass(3000);
    PlayedPeer.last?.become('connected');
    await pass(5000);
    expect(view.state).toBe('playing');
    PlayedPeer.last?.become('disconnected');
    await pass(4000);
    expect(view.state).toBe('lost');
  });

  it.each(['unavailable', 'edge_offline', 'no_picture'])('tries again by itself what passes: %s', async (code) => {
    const replies = [refusal(503, code), refusal(503, code), agreed()];
    centre(() => replies.shift() ?? agreed());
    const view = await begun();
    expect([view.state, view.code]).toEqual(['refused', code]);
    await pass(3000);
    expect(view.state).toBe('refused');
    await pass(3000);
    expect(view.state).toBe('refused');
    await pass(3000);
    view.began();
    expect(view.state).toBe('playing');
  });

  it.each(['off', 'incident_closed', 'not_allowed'])('asks but once for what will not be given: %s', async (code) => {
    centre(() => refusal(403, code));
    await begun();
    await pass(60_000);
    expect(asked.filter(([method]) => method === 'POST')).toHaveLength(1);
  });

  it('comes back after the network was gone', async () => {
    centre(agreed);
    const view = await begun();
    view.began();
    PlayedPeer.last?.become('failed');
    expect(view.state).toBe('lost');
    await pass(3000);
    view.began();
    expect(view.state).toBe('playing');
  });

  it('asks for nothing once nobody looks', async () => {
    centre(() => refusal(503, 'unavailable'));
    await begun();
    stop?.();
    const before = asked.length;
    await pass(60_000);
    expect(asked).toHaveLength(before);
  });
});
