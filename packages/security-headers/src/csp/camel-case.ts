/** `script-src` as `scriptSrc`: how a header's own names are also written in options. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** Every spelling of `names` an option may use, kebab-case and camelCase, with the name it means. */
export function spellings<Name extends string>(names: readonly Name[]): ReadonlyMap<string, Name> {
  const all = new Map<string, Name>()
  for (const name of names) {
    all.set(name, name)
    all.set(toCamelCase(name), name)
  }
  return all
}

function toCamelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
