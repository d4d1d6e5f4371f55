/** The rules that somebody is writing and has not saved. They stay while the page is left, and when somebody else saves
 *  a version meanwhile. */

import type { Current, Document } from './routing';
import { documentOf, draftOf, same, type DraftRule } from './routing-document';

class Drafting {
  /** The version on which it is based; null while nothing is being written. */
  base = $state.raw<Current | null>(null);
  rules = $state<DraftRule[]>([]);
  note = $state('');
  /** The key of the rule whose form is open. */
  opened = $state<number | null>(null);

  get document(): Document {
    return documentOf($state.snapshot(this.rules));
  }

  get changed(): boolean {
    return this.base !== null && !same(this.base.document, this.document);
  }

  /** Writing begins with this version, unless something is being written already. */
  begin(current: Current): void {
    if (this.changed) return;
    this.base = current;
    this.take(current.document);
    this.note = '';
  }

  /** Other rules instead, as of a file. */
  take(document: Document): void {
    this.rules = draftOf(document);
    this.opened = null;
  }

  drop(current: Current): void {
    this.base = null;
    this.begin(current);
  }
}

export const drafting = new Drafting();
