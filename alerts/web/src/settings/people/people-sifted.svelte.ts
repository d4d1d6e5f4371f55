/** What the list of people is narrowed to; it stays while somebody looks at one person and comes back. */

import type { Sifted } from './people';

class Sieve {
  area = $state('');
  area_name = $state('');
  role = $state<Sifted['role']>('');
  text = $state('');
  /** The last names of the pages before this one. */
  before = $state.raw<readonly string[]>([]);

  get asked(): Sifted {
    return { area: this.area, role: this.role, text: this.text.trim() };
  }
  get after(): string {
    return this.before.at(-1) ?? '';
  }
  get narrowed(): boolean {
    return this.area !== '' || this.role !== '' || this.text.trim() !== '';
  }
}

export const sieve = new Sieve();
