/** One picture of a camera to draw on: a fresh one, or that of its newest event. Always with what it is and of when. */

import { ApiError, beginPictures, pictureOf, serverNow, snapshotUrl, stopLive } from '../../lib/api';

/** A camera that is asleep for want of viewers gives its first picture after a moment. */
const TRIES = 4;
const PAUSE_MS = 1000;

export type StillSource = 'fresh' | 'event';

export class Still {
  url = $state<string | null>(null);
  source = $state<StillSource>('event');
  /** When it was made. */
  at = $state<string | number | null>(null);
  busy = $state(false);
  /** Why there is no fresh one, as the centre says it; empty while there is nothing to say. */
  code = $state('');
  #own: string | null = null;
  #gone = false;
  #event = '';
  readonly #lost: string[] = [];

  /** The picture of an event, where there is none yet: what somebody draws on does not change under the hand. */
  show(event: string, at: string): void {
    if (this.url !== null || this.#lost.includes(event)) return;
    this.#event = event;
    this.url = snapshotUrl(event);
    this.source = 'event';
    this.at = at;
  }

  /** Asks the edge for a picture of now; whether it came. */
  async ask(edge: string, camera: string): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.code = '';
    let view: string | undefined;
    try {
      view = await beginPictures({ edge, camera, incident: '' });
      this.#put(await first(view));
      return true;
    } catch (error) {
      this.code = error instanceof ApiError ? error.code : 'other';
      return false;
    } finally {
      if (view !== undefined) stopLive(view);
      this.busy = false;
    }
  }

  /** The one that is shown cannot be loaded. */
  lost(): void {
    this.#lost.push(this.#event);
    this.url = null;
    this.at = null;
  }

  stop(): void {
    this.#gone = true;
    if (this.#own !== null) URL.revokeObjectURL(this.#own);
  }

  #put(picture: Blob): void {
    if (this.#gone) return;
    if (this.#own !== null) URL.revokeObjectURL(this.#own);
    this.#own = URL.createObjectURL(picture);
    this.url = this.#own;
    this.source = 'fresh';
    this.at = serverNow();
  }
}

async function first(view: string): Promise<Blob> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await pictureOf(view);
    } catch (error) {
      const again = error instanceof ApiError && error.code === 'no_picture' && tries < TRIES;
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
