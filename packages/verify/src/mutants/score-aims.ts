/** How many of its mutants the unit tests of a file must kill, by where it is; the first that fits counts. */
const aims: readonly (readonly [where: RegExp, aim: number])[] = [
  [/^packages\/input-validation\/src\/detectors\//, 0.7],
  [/^packages\/core\/src\/(?:address|http)\//, 0.9],
  [/^packages\/core\/src\/(?:request-(?:path|target)|path-)/, 0.9],
  [/^packages\/security-headers\/src\/(?:cors|csrf|origin|same-host)/, 0.9],
  [/^packages\/rate-limit\/src\//, 0.9],
  [/^packages\/key-vault\/src\//, 0.9],
  [/^packages\//, 0.8],
]

/** The share of mutants that tests must kill in a file. */
export const aimOf = (file: string): number => aims.find(([where]) => where.test(file))?.[1] ?? 0.8
