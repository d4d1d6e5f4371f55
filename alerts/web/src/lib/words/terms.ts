import type { Language } from '../time';
// The one source of these words, which messages and the page of `ekamling watch` read too.
import terms from '../../../../../core/terms.json';

type Table<Name extends string> = Readonly<Record<Name, Readonly<Record<Language, string>>>>;

/** What the wire names (kinds of events, labels of objects, severities, modes) in one language. */
export function termsIn(language: Language) {
  return {
    severity: column(terms.severities, language),
    kinds: column(terms.kinds, language),
    labels: column(terms.labels, language),
    modes: column(terms.modes, language),
  };
}

function column<Name extends string>(table: Table<Name>, language: Language): Record<Name, string> {
  const names = Object.keys(table) as Name[];
  return Object.fromEntries(names.map((name) => [name, table[name][language]])) as Record<Name, string>;
}
