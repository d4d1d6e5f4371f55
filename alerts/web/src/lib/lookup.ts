/** The word for a name that comes from the outside; the name itself when there is none. */
export function wordFor(table: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(table, name) ? table[name] : undefined) ?? name;
}
