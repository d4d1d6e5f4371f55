/** Something that a page asks of the centre: there, on its way, or kept from us. */

import { ApiError } from './api';
import { codeOf } from './desk.svelte';
import { session } from './session.svelte';

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  /** The code of the error that kept it from us. */
  trouble = $state<string | null>(null);
  busy = $state(false);
  readonly #ask: () => Promise<T>;
  /** Answers that were overtaken by a later question are dropped. */
  #asked = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** What is there stays while it is asked for anew. */
  async load(): Promise<void> {
    const mine = ++this.#asked;
    this.busy = true;
    try {
      const value = await this.#ask();
      if (mine !== this.#asked) return;
      this.value = value;
      this.trouble = null;
    } catch (error) {
      if (mine === this.#asked && !session.endsWith(error)) this.trouble = codeOf(error, 'gone');
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }
}

/** One deed of a form: on its way or not, and what the centre said where it refused. */
export class Deed {
  busy = $state(false);
  /** What the centre said, in its own words where it named what is wrong, else the code of the error. */
  refusal = $state.raw<{ code: string; message: string } | null>(null);

  /** Whether it was done; a second press while it is on its way does nothing. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.refusal = null;
    try {
      await act();
      return true;
    } catch (error) {
      if (!session.endsWith(error)) {
        this.refusal = { code: codeOf(error, 'gone'), message: error instanceof ApiError ? error.message : '' };
      }
      return false;
    } finally {
      this.busy = false;
    }
  }
}
