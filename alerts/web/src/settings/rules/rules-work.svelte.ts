/** The rules of one camera while somebody works on them, beside what the centre and the edge say meanwhile. */

import type { CameraRules, Rule } from './rules';
import { drafted, fresh, same, written, type Draft } from './rules-draft';

export class Work {
  drafts = $state.raw<readonly Draft[]>([]);
  chosen = $state<number | null>(null);
  /** The newest order that these rules were begun from. */
  seen = $state(0);
  #base = $state.raw<readonly Draft[]>([]);
  #begun = false;

  get dirty(): boolean {
    return !same(this.drafts, this.#base);
  }

  /** What goes to the edge. */
  get rules(): Partial<Rule>[] {
    return this.drafts.map(written);
  }

  /** Hears what the centre says now; work that somebody has begun stays as it is. */
  follow(view: CameraRules): void {
    const base = inForce(view);
    if (base === null) return;
    if (!this.#begun) return this.take(view);
    const now = base.map(drafted);
    const version = versionOf(view);
    if (this.dirty || view.order?.state === 'refused') {
      if (version === this.seen) this.#base = now;
      return;
    }
    this.seen = version;
    if (!same(now, this.#base)) this.#begin(base, base, view); // else a form that is open would be drawn anew
  }

  /** Begins anew from what the centre says; from a refused order itself, so that it can be mended. */
  take(view: CameraRules | null): void {
    const base = view && inForce(view);
    if (view === null || base === null) return;
    const refused = view.order?.state === 'refused' ? view.order.rules : null;
    this.#begin(base, refused ?? base, view);
  }

  discard(): void {
    this.drafts = this.#base;
    this.#choose();
  }

  add(): void {
    const draft = fresh(this.drafts);
    this.drafts = [...this.drafts, draft];
    this.chosen = draft.key;
  }

  put(draft: Draft): void {
    this.drafts = this.drafts.map((each) => (each.key === draft.key ? draft : each));
  }

  remove(key: number): void {
    this.drafts = this.drafts.filter((each) => each.key !== key);
    this.#choose();
  }

  #begin(base: readonly Partial<Rule>[], work: readonly Partial<Rule>[], view: CameraRules): void {
    const before = this.drafts.find(({ key }) => key === this.chosen)?.id;
    this.#begun = true;
    this.#base = base.map(drafted);
    this.drafts = work === base ? this.#base : work.map(drafted);
    this.seen = versionOf(view);
    this.chosen = this.drafts.find(({ id }) => id === before)?.key ?? null;
    this.#choose();
  }

  /** Some rule is always open, if there is one. */
  #choose(): void {
    if (!this.drafts.some(({ key }) => key === this.chosen)) this.chosen = this.drafts[0]?.key ?? null;
  }
}

const versionOf = ({ order }: CameraRules): number => order?.version ?? 0;

/** What counts on the camera, or will when its edge has answered; null while nobody knows. */
function inForce({ order, running }: CameraRules): readonly Partial<Rule>[] | null {
  if (order?.state === 'waiting' && order.rules !== null) return order.rules;
  return running?.rules ?? null;
}
