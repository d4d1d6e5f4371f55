import { api, ApiError, beginPictures, offerLive, pictureOf, stopLive } from './api';
import { counted, LOOK_MS, Uplink } from './uplink';

/**
 * What a live view shows: `pictures` is one picture a second, where a camera or a network gives no more; `refused` and
 * `lost` have their reason in `code`.
 */
export type LiveState = 'connecting' | 'playing' | 'pictures' | 'refused' | 'lost';

/** Which camera, and the open incident for which it is watched (empty: none). */
export interface Watched {
  edge: string;
  camera: string;
  incident: string;
}

/** The browser reaches no edge, or none of its pictures, in this time: single pictures come through the centre. */
const FIRST_MS = 8000;
const GATHER_MS = 1000;
/** A connection that stumbles often finds its feet again. */
const STUMBLE_MS = 4000;
const PICTURE_MS = 1000;
const MISSED = 4;
/** A view that was refused or lost for a while only is tried again by itself, less and less often. */
const AGAIN_MS = 3000;
const AGAIN_LONGEST_MS = 300_000;
/** After which a stream is tried again that the network did not carry; doubled each time that it does not. */
const STREAM_AGAIN_MS = 60_000;

/** Refusals that concern the stream and not the viewer: no H.264 for it, or as many streams as the edge has to give. */
export const SHOWN_AS_PICTURES: readonly string[] = ['codec', 'bad_offer', 'full'];

/** What passes by itself: nobody should have to press a button at each screen of a wall for it. A view that was ended,
 * as when its time was over, is for a person to begin again. */
const PASSING: readonly string[] = ['edge_offline', 'no_answer', 'no_picture', 'unavailable', 'unreachable', 'broken'];

const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : 'other');

/** One view of one camera: `start` it, and call what that returns when it is no longer looked at. */
export class LiveView {
  state = $state<LiveState>('connecting');
  code = $state('');
  stream = $state.raw<MediaStream | null>(null);
  picture = $state<string | null>(null);

  readonly #watched: Watched;
  /** Single pictures at this pace and no stream, which costs a place's uplink a tenth; null: the stream. */
  readonly #everyMs: number | null;
  #connection: RTCPeerConnection | undefined;
  #location: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  /** Takes back the question for a picture that is on its way when the view ends. */
  readonly #looking = new AbortController();
  #missed = 0;
  #againMs = AGAIN_MS;
  #looker: ReturnType<typeof setInterval> | undefined;
  #streamer: ReturnType<typeof setTimeout> | undefined;
  #streamAgainMs = STREAM_AGAIN_MS;

  constructor(watched: Watched, everyMs: number | null = null) {
    this.#watched = watched;
    this.#everyMs = everyMs;
  }

  start(): () => void {
    const leave = (): void => this.#stop();
    addEventListener('pagehide', leave);
    this.#begin();
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }

  /** The element shows the first picture of the stream. */
  began(): void {
    if (this.state !== 'connecting') return;
    clearTimeout(this.#timer);
    this.#shows('playing');
    const uplink = new Uplink();
    this.#looker = setInterval(() => void this.#look(uplink), LOOK_MS);
  }

  /** Where the network does not carry the stream single pictures take its place, and it is tried again later. */
  async #look(uplink: Uplink): Promise<void> {
    const connection = this.#connection;
    const now = connection && counted(await connection.getStats());
    if (now === undefined || connection !== this.#connection || !uplink.fails(now)) return;
    this.#streamer = setTimeout(() => {
      this.#close();
      this.#begin();
    }, this.#streamAgainMs);
    this.#streamAgainMs = Math.min(2 * this.#streamAgainMs, AGAIN_LONGEST_MS);
    await this.#fallBack();
  }

  #begin(): void {
    this.state = 'connecting';
    void (this.#everyMs === null ? this.#connect() : this.#fallBack());
  }

  #shows(state: 'playing' | 'pictures'): void {
    this.state = state;
    this.#againMs = AGAIN_MS;
  }

  async #connect(): Promise<void> {
    if (typeof RTCPeerConnection === 'undefined') return this.#fallBack();
    try {
      const { ice_servers } = await api.live();
      const connection = this.#open(ice_servers);
      await this.#offer(connection, ice_servers.length > 0);
      if (this.#stopped) return this.#stop();
      this.#timer = setTimeout(() => void this.#fallBack(), FIRST_MS);
    } catch (error) {
      if (this.#stopped) return;
      const code = codeOf(error);
      if (SHOWN_AS_PICTURES.includes(code) || !(error instanceof ApiError)) await this.#fallBack();
      else this.#give('refused', code);
    }
  }

  #open(iceServers: RTCIceServer[]): RTCPeerConnection {
    const connection = new RTCPeerConnection({ iceServers });
    this.#connection = connection;
    connection.addTransceiver('video', { direction: 'recvonly' });
    connection.ontrack = ({ track, receiver }) => {
      // Pictures are for deciding on now: late ones are worth less than a stutter.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      this.stream = new MediaStream([track]);
      if (receiver.transport) receiver.transport.onstatechange = () => this.#watch(connection);
    };
    connection.onconnectionstatechange = () => this.#watch(connection);
    return connection;
  }

  async #offer(connection: RTCPeerConnection, gather: boolean): Promise<void> {
    await connection.setLocalDescription(await connection.createOffer());
    if (gather) await gathered(connection);
    const { location, sdp } = await offerLive(this.#watched, connection.localDescription?.sdp ?? '');
    this.#location = location;
    await connection.setRemoteDescription({ type: 'answer', sdp });
  }

  #watch(connection: RTCPeerConnection): void {
    if (connection !== this.#connection) return;
    const ended = connection.getReceivers().some(({ transport }) => transport?.state === 'closed');
    if (connection.connectionState === 'failed' && this.state === 'connecting') void this.#fallBack();
    else if (ended) this.#give('lost', 'ended');
    else if (connection.connectionState === 'failed') this.#give('lost', 'broken');
    else if (connection.connectionState === 'disconnected') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#give('lost', 'broken'), STUMBLE_MS);
    } else if (connection.connectionState === 'connected' && this.state === 'playing') clearTimeout(this.#timer);
  }

  /** Single pictures in place of the stream. */
  async #fallBack(): Promise<void> {
    this.#close();
    if (this.#stopped) return;
    try {
      this.#location = await beginPictures(this.#watched);
      await this.#show();
    } catch (error) {
      this.#give('refused', codeOf(error));
    }
  }

  async #show(): Promise<void> {
    const location = this.#location;
    if (location === undefined || this.#stopped) return this.#stop();
    try {
      const picture = await pictureOf(location, this.#looking.signal);
      if (this.#stopped) return;
      this.#put(URL.createObjectURL(picture));
      this.#shows('pictures');
      this.#missed = 0;
    } catch (error) {
      this.#missed += 1;
      const over = error instanceof ApiError && (error.status === 404 || error.status === 401);
      if (over || this.#missed >= MISSED) return this.#give('lost', 'ended');
    }
    this.#timer = setTimeout(() => void this.#show(), this.#everyMs ?? PICTURE_MS);
  }

  #put(url: string | null): void {
    if (this.picture !== null) URL.revokeObjectURL(this.picture);
    this.picture = url;
  }

  #give(state: 'refused' | 'lost', code: string): void {
    clearTimeout(this.#streamer);
    this.#close();
    this.#put(null);
    this.code = code;
    this.state = state;
    if (this.#stopped || !PASSING.includes(code)) return;
    this.#timer = setTimeout(() => this.#begin(), this.#againMs);
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_LONGEST_MS);
  }

  /** Lets go of the connection, and of the place that it has at the edge. */
  #close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looker);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.stream = null;
    const location = this.#location;
    this.#location = undefined;
    if (location !== undefined) stopLive(location);
  }

  #stop(): void {
    this.#stopped = true;
    this.#looking.abort();
    clearTimeout(this.#streamer);
    this.#close();
    this.#put(null);
  }
}

/** Waits for the addresses under which others can reach this browser, but not for long. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, GATHER_MS);
    look();
  });
}
