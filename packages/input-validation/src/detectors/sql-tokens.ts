import { isDigit, isHexDigit, isLetter, isSpace, isWordUnit, oneOf, skipWhile } from './character.ts'

/**
 * - `word`: a bare word, a keyword or a function's name; `text` is lower case
 * - `number`: a number in any notation SQL has
 * - `variable`: `@name`, `@@name`, `:name`
 * - `quote`: one quotation mark; what stands between two of them is read like anything else, because an injection
 *   begins in the middle of a literal and nobody knows which mark opens it
 * - `comment`: `-- …`, `# …`, or `/* … * /`; `text` is its opening
 * - `operator`, `open`, `close`, `comma`, `semicolon`, `dot`
 * - `other`: anything that SQL has no use for
 */
export type SqlTokenKind =
  | 'close'
  | 'comma'
  | 'comment'
  | 'dot'
  | 'number'
  | 'open'
  | 'operator'
  | 'other'
  | 'quote'
  | 'semicolon'
  | 'variable'
  | 'word'

/** The tokens of a text, in parallel lists: a text of nothing but quotation marks has as many tokens as characters. */
export interface SqlTokens {
  readonly length: number
  readonly kinds: readonly SqlTokenKind[]
  /** Words in lower case, quotation marks, operators; of other tokens what tells them apart. */
  readonly texts: readonly string[]
  readonly starts: Uint32Array
  /** Exclusive. */
  readonly ends: Uint32Array
}

const punctuation: Readonly<Record<string, SqlTokenKind>> = {
  '(': 'open',
  ')': 'close',
  ',': 'comma',
  ';': 'semicolon',
  '.': 'dot',
  '[': 'other',
  ']': 'other',
}

const isOperator = oneOf('=<>!~|&^+-*/%')
const isSign = oneOf('-+/~*')
const isAsciiQuote = oneOf('\'"`')

/** Quotation marks, and the typographic ones that editors make of them. */
const isQuote = (unit: number): boolean =>
  isAsciiQuote(unit) || unit === 0xb4 || unit === 0x2032 || (unit >= 0x2018 && unit <= 0x201d)

/** Letters of every script count as parts of a word; so does `$`. */
const isWordPart = (unit: number): boolean =>
  isWordUnit(unit) || unit === 0x24 || (unit > 0xbf && !isQuote(unit))

const isNumberPart = (unit: number): boolean => isDigit(unit) || unit === 0x2e

function endOfNumber(text: string, start: number): number {
  const second = text.charCodeAt(start + 1) | 0x20
  if (text.charCodeAt(start) === 0x30 && second === 0x78) return skipWhile(text, start + 2, isHexDigit)
  let end = skipWhile(text, start, isNumberPart)
  if ((text.charCodeAt(end) | 0x20) === 0x65) {
    const sign = text.charAt(end + 1) === '-' || text.charAt(end + 1) === '+' ? 1 : 0
    if (isDigit(text.charCodeAt(end + 1 + sign))) end = skipWhile(text, end + 1 + sign, isDigit)
  }
  return end
}

/**
 * Splits a text into what an SQL server would see in it, in one pass. White space and the delimiters of MySQL's
 * conditional comments (`/*!50000 … * /`), whose content is carried out, are left out.
 */
export function sqlTokens(text: string): SqlTokens {
  const { length } = text
  const kinds: SqlTokenKind[] = []
  const texts: string[] = []
  // A token takes a character at least.
  const starts = new Uint32Array(length)
  const ends = new Uint32Array(length)
  let commentEnd = 0
  let index = 0
  const push = (kind: SqlTokenKind, end: number, value: string): void => {
    const at = kinds.length
    if (kind === 'other' && kinds[at - 1] === 'other') {
      // Nothing asks how many there are.
      ends[at - 1] = end
    } else {
      starts[at] = index
      ends[at] = end
      kinds.push(kind)
      texts.push(value)
    }
    index = end
  }
  const endOfLine = (): number => {
    const end = text.indexOf('\n', index)
    return end === -1 ? length : end
  }
  while (index < length) {
    const unit = text.charCodeAt(index)
    const next = text.charCodeAt(index + 1)
    if (isSpace(unit)) index++
    else if (isLetter(unit) || unit === 0x5f || (unit > 0xbf && !isQuote(unit))) {
      const end = skipWhile(text, index + 1, isWordPart)
      push('word', end, text.slice(index, end).toLowerCase())
    } else if (isDigit(unit) || (unit === 0x2e && isDigit(next)))
      push('number', endOfNumber(text, index), '0')
    else if (unit === 0x2d && next === 0x2d) push('comment', endOfLine(), '--')
    else if (unit === 0x23) push('comment', endOfLine(), '#')
    else if (unit === 0x2f && next === 0x2a) {
      if (text.charAt(index + 2) === '!') index = skipWhile(text, index + 3, isDigit)
      else {
        // A search that failed fails for every later comment as well.
        if (commentEnd !== -1 && commentEnd < index + 2) commentEnd = text.indexOf('*/', index + 2)
        push('comment', commentEnd === -1 ? index + 2 : commentEnd + 2, '/*')
      }
    } else if (unit === 0x2a && next === 0x2f) index += 2
    else if (isQuote(unit)) push('quote', index + 1, text.charAt(index))
    else if (unit === 0x40 || (unit === 0x3a && isWordUnit(next))) {
      const from = next === 0x40 ? index + 2 : index + 1
      push('variable', skipWhile(text, from, isWordPart), next === 0x40 ? '@@' : '@')
    } else if (isOperator(unit)) {
      let end = index + 1
      // `=-1` is an operator and a sign, `=--` an operator and a comment.
      while (isOperator(text.charCodeAt(end)) && !isSign(text.charCodeAt(end))) end++
      push('operator', end, text.slice(index, end))
    } else push(punctuation[text.charAt(index)] ?? 'other', index + 1, text.charAt(index))
  }
  return { length: kinds.length, kinds, texts, starts, ends }
}
