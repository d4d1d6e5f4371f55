/** The part of the tree of areas that was asked for so far, shared by all who look into it. */

import { areas, type Area } from './areas';
import { contains, LEVEL, levelOf } from '../people/people-rules';

class Book {
  known = $state.raw<ReadonlyMap<string, Area>>(new Map());
  /** What was asked for, with how far down. */
  readonly #asked = new Map<string, number>();

  /** Reads an area and what lies within it, so many levels down, unless it has been read; throws ApiError. */
  async open(code: string, levels = 1, anew = false): Promise<void> {
    if (!anew && (this.#asked.get(code) ?? 0) >= levels) return;
    const { areas: found } = await areas.within(code, levels);
    const kept = [...this.known].filter(([each]) => !contains(code, each) || levelOf(each) > levelOf(code) + levels);
    this.known = new Map([...kept, ...found.map((area) => [area.code, area] as const)]);
    this.#asked.set(code, Math.max(levels, this.#asked.get(code) ?? 0));
  }

  /** Reads what a search in `root` begins with: down to the villages, or all of a village. */
  async begin(root: string): Promise<void> {
    const level = levelOf(root);
    await this.open(root, level < LEVEL.village ? LEVEL.village - level : 2);
  }

  /** What lies directly within an area, by its code; `self` is not part of it. */
  children(code: string): Area[] {
    return [...this.known.values()].filter(({ parent }) => parent === code).sort((a, b) => a.code.localeCompare(b.code));
  }
}

export const book = new Book();
