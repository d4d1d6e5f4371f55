/** The name of a place of which only the code is told. */

import { fullName, type Area } from '../areas/areas';
import { parentOf } from '../people/people-rules';

export const placeName = (code: string, known: ReadonlyMap<string, Area>): string =>
  fullName(known.get(code) ?? { code, name: '', parent: parentOf(code) }, known) || code;
