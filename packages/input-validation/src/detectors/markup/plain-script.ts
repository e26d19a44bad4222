import { isDigit, isHexDigit, isWordUnit } from '../text/character.ts'

const named: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  bsol: '\\',
  colon: ':',
  excl: '!',
  gt: '>',
  lbrace: '{',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  newline: '',
  num: '#',
  period: '.',
  quot: '"',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  tab: '',
  zerowidthspace: '',
}

/** The longest value that is read: the rest of one changes nothing about how it begins. */
const maxValueLength = 2048

/** What a script may hold that is read otherwise than it is written. */
const encoded = /[\0- \xa0&\\]|\/\*/

/** The character reference at `start`: what it stands for and where it ends. */
function reference(
  text: string,
  start: number,
): { readonly value: string; readonly end: number } | undefined {
  if (text.charAt(start + 1) === '#') {
    const isHex = text.charAt(start + 2) === 'x' || text.charAt(start + 2) === 'X'
    const from = start + (isHex ? 3 : 2)
    let end = from
    while (end < from + 12 && (isHex ? isHexDigit : isDigit)(text.charCodeAt(end))) end++
    const point = Number.parseInt(text.slice(from, end), isHex ? 16 : 10)
    if (!(point <= 0x10ffff)) return undefined
    return { value: String.fromCodePoint(point), end: text.charAt(end) === ';' ? end + 1 : end }
  }
  let end = start + 1
  while (end < start + 20 && isWordUnit(text.charCodeAt(end))) end++
  const name = text.slice(start + 1, end).toLowerCase()
  if (!Object.hasOwn(named, name)) return undefined
  return { value: named[name] ?? '', end: text.charAt(end) === ';' ? end + 1 : end }
}

/** `\x6a`, `\u006a` and CSS's `\6a`. */
function escaped(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  const kind = text.charAt(start + 1)
  const from = kind === 'x' || kind === 'u' ? start + 2 : start + 1
  const maxDigits = kind === 'x' ? 2 : kind === 'u' ? 4 : 6
  let end = from
  while (end < from + maxDigits && isHexDigit(text.charCodeAt(end))) end++
  if (end === from) return undefined
  const point = Number.parseInt(text.slice(from, end), 16)
  return point <= 0x10ffff ? { value: String.fromCodePoint(point), end } : undefined
}

/**
 * A script, URL or style as a browser would come to read it, for comparing: character references and escapes resolved,
 * comments, white space and control characters gone, in lower case.
 */
export function plainScript(source: string): string {
  const text = source.length > maxValueLength ? source.slice(0, maxValueLength) : source
  if (!encoded.test(text)) return text.toLowerCase()
  let plain = ''
  // What is taken as it is, is taken in one piece.
  let from = 0
  for (let index = 0; index < text.length;) {
    const unit = text.charCodeAt(index)
    let found: { readonly value: string; readonly end: number } | undefined
    if (unit === 0x26) found = reference(text, index)
    else if (unit === 0x5c) found = escaped(text, index)
    if (found) {
      plain += text.slice(from, index)
      if (found.value > ' ') plain += found.value
      from = index = found.end
    } else if (unit === 0x2f && text.charCodeAt(index + 1) === 0x2a) {
      const end = text.indexOf('*/', index + 2)
      plain += text.slice(from, index)
      from = index = end === -1 ? text.length : end + 2
    } else {
      index++
      if (unit <= 0x20 || unit === 0xa0) {
        plain += text.slice(from, index - 1)
        from = index
      }
    }
  }
  return (plain + text.slice(from)).toLowerCase()
}
