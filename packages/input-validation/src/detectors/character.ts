/** Questions about one UTF-16 code unit, in ASCII only. A missing unit, `NaN`, answers no to all. */

export const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39

export const isLetter = (unit: number): boolean =>
  (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a)

/** A letter, a digit or `_`. */
export const isWordUnit = (unit: number): boolean => isLetter(unit) || isDigit(unit) || unit === 0x5f

export const isHexDigit = (unit: number): boolean =>
  isDigit(unit) || (unit >= 0x61 && unit <= 0x66) || (unit >= 0x41 && unit <= 0x46)

/** Space, tab, line ends, form feed, vertical tab, and the no-break space that SQL and HTML payloads use. */
export const isSpace = (unit: number): boolean =>
  unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0

/** A question that a list of ASCII characters answers, by a table. */
export function oneOf(characters: string): (unit: number) => boolean {
  const table = new Uint8Array(128)
  for (let index = 0; index < characters.length; index++) table[characters.charCodeAt(index)] = 1
  return (unit) => table[unit] === 1
}

/** The first index from `start` on whose unit `accepts` refuses. */
export function skipWhile(text: string, start: number, accepts: (unit: number) => boolean): number {
  let index = start
  while (index < text.length && accepts(text.charCodeAt(index))) index++
  return index
}

/**
 * Where `unit` stands first from `start` on, or -1. Where it stands at every other place, this is many times faster than
 * `String.indexOf`, which leaves compiled code for each search.
 */
export function indexOfUnit(text: string, unit: number, start: number): number {
  for (let index = start; index < text.length; index++) if (text.charCodeAt(index) === unit) return index
  return -1
}
