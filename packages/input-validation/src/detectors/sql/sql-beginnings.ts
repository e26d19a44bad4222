import { digit, isOf, letter, space, underscore, wordPart } from '../scan/byte-classes.ts'
import { kinds } from './sql-kinds.ts'

/** What a byte may begin. */
export const begins = {
  other: 0,
  space: 1,
  word: 2,
  digit: 3,
  single: 4,
  dot: 5,
  dash: 6,
  hash: 7,
  slash: 8,
  star: 9,
  at: 10,
  colon: 11,
  operator: 12,
} as const

const signs: Readonly<Record<string, number>> = {
  '.': begins.dot,
  '-': begins.dash,
  '#': begins.hash,
  '/': begins.slash,
  '*': begins.star,
  '@': begins.at,
  ':': begins.colon,
}

/** Letters beyond ASCII, and what the copy of a text makes of other scripts. A typographic quotation mark is 0xb4. */
const isForeign = (byte: number): boolean => byte > 0xbf

function beginningOf(byte: number): number {
  if (isOf(byte, space)) return begins.space
  if (isOf(byte, letter | underscore) || isForeign(byte)) return begins.word
  if (isOf(byte, digit)) return begins.digit
  const character = String.fromCharCode(byte)
  if ('(),;"\'`´'.includes(character)) return begins.single
  return signs[character] ?? ('=<>!~|&^+%'.includes(character) ? begins.operator : begins.other)
}

export const beginnings = Uint8Array.from({ length: 256 }, (_, byte) => beginningOf(byte))

/** Letters of every script count as parts of a word; so does `$`. */
export const wordParts = Uint8Array.from({ length: 256 }, (_, byte) =>
  isOf(byte, wordPart) || byte === 0x24 || isForeign(byte) ? 1 : 0,
)

/** The signs that go on an operator: `=-1` is an operator and a sign, `=--` an operator and a comment. */
export const operatorParts = Uint8Array.from({ length: 256 }, (_, byte) =>
  '=<>!|&^%'.includes(String.fromCharCode(byte)) ? 1 : 0,
)

/** The kinds of the characters that are a token of their own, whatever follows. */
export const singles = new Uint8Array(256).fill(kinds.quote)
singles[0x28] = kinds.open
singles[0x29] = kinds.close
singles[0x2c] = kinds.comma
singles[0x3b] = kinds.semicolon
