/** What stands for a place before or behind the text. It belongs to no class. */
export const outside = 0x7f

export const letter = 1
export const digit = 2
/** What a word is made of besides letters and digits: `_`. */
export const underscore = 4
/** White space as {@link isSpace} has it. */
export const space = 8
/** White space and control characters, which scripts and old browsers overlook. */
export const blank = 16
/** What the name of an attribute is made of. */
export const attributeName = 32
/** What the name of a tag is made of. */
export const tagName = 64
export const hexDigit = 128

export const alphanumeric = letter | digit
export const wordPart = letter | digit | underscore

const expressions: readonly (readonly [mask: number, pattern: RegExp])[] = [
  [letter, /[A-Za-z]/],
  [digit, /[0-9]/],
  [underscore, /_/],
  [space, /[\t-\r \xa0]/],
  [blank, /[\0- \xa0]/],
  [attributeName, /[^\0- =>/"'`\xa0]/],
  [tagName, /[A-Za-z0-9_:-]/],
  [hexDigit, /[0-9A-Fa-f]/],
]

const classes = Uint8Array.from({ length: 256 }, (_, byte) =>
  expressions.reduce(
    (mask, [bit, pattern]) => (pattern.test(String.fromCharCode(byte)) ? mask | bit : mask),
    0,
  ),
)

/** Whether a byte belongs to one of the classes. */
export const isOf = (byte: number, mask: number): boolean => ((classes[byte] ?? 0) & mask) !== 0

/** The byte at an index. */
export const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? outside

/** Letters in lower case; other bytes become something else, so compare the result with letters only. */
export const lowered = (byte: number): number => byte | 0x20

/** The first index from `start` on whose byte belongs to none of the classes. */
export function skipOf(bytes: Uint8Array, start: number, mask: number): number {
  let index = start
  while (isOf(byteAt(bytes, index), mask)) index++
  return index
}

/** A number below 1,024 of two letters in any case. Other bytes share theirs with letters. */
export const pairOf = (first: number, second: number): number => ((first & 31) << 5) | (second & 31)

/** Whether the text, which is ASCII, stands at an index as it is. */
export function standsAt(bytes: Uint8Array, index: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[index + at] !== text.charCodeAt(at)) return false
  return true
}

/** The part of a text between two indexes in lower case. */
export function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let index = start; index < end; index++) text += String.fromCharCode(byteAt(bytes, index))
  return text.toLowerCase()
}
