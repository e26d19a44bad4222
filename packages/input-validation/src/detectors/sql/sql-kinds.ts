/**
 * - `none`: there is no token, before the first or behind the last
 * - `word`: a bare word, a keyword or a function's name
 * - `number`: a number in any notation SQL has
 * - `variable`: `@name`, `@@name`, `:name`
 * - `quote`: one quotation mark; what stands between two of them is read like anything else, because an injection
 *   begins in the middle of a literal and nobody knows which mark opens it
 * - `comment`: `-- …`, `# …`, or `/* … * /`
 * - `operator`, `open`, `close`, `comma`, `semicolon`, `dot`
 * - `other`: anything that SQL has no use for
 */
export const kinds = {
  none: 0,
  other: 1,
  word: 2,
  number: 3,
  variable: 4,
  quote: 5,
  comment: 6,
  operator: 7,
  open: 8,
  close: 9,
  comma: 10,
  semicolon: 11,
  dot: 12,
} as const

/**
 * What tells tokens of a kind apart. A sign has its UTF-16 code unit and a word its number in the vocabulary; what is
 * here stands for more than one character.
 */
export const symbols = {
  /** An operator of several signs other than the two below. */
  longOperator: 1,
  lineComment: 2,
  blockComment: 3,
  systemVariable: 4,
  or: 5,
  and: 6,
  hash: 0x23,
  number: 0x30,
  variable: 0x40,
} as const
