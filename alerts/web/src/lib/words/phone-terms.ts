import type { Language } from '../time';
import { termsIn } from './terms';

/** What the wire names in one language, without what a telephone never shows. */
export function phoneTermsIn(language: Language) {
  const { severity, kinds, labels } = termsIn(language);
  return { severity, kinds, labels };
}
