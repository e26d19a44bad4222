import { inPieces, type SteppedWork } from '../../src/detectors/text/stepped-work.ts'
import {
  isDigit,
  isHexDigit,
  isLetter,
  isSpace,
  isWordUnit,
  oneOf,
  skipWhile,
} from '../../src/detectors/text/character.ts'

const kinds = [
  'other',
  'word',
  'number',
  'variable',
  'quote',
  'comment',
  'operator',
  'open',
  'close',
  'comma',
  'semicolon',
  'dot',
] as const

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
export type SqlTokenKind = (typeof kinds)[number]

/**
 * The tokens of a text. A text of nothing but quotation marks has as many as characters, so they are kept as numbers
 * in typed arrays: lists of objects or texts would take ten times as long to build.
 */
export interface SqlTokens {
  readonly length: number
  /** `undefined` outside of the text. */
  readonly kindAt: (at: number) => SqlTokenKind | undefined
  /** Words in lower case, quotation marks, operators; of other tokens what tells them apart; '' outside of the text. */
  readonly textAt: (at: number) => string
  /** A number that tokens of the same text share: their ASCII character, or one behind those. */
  readonly symbolAt: (at: number) => number
  /** The first token with a text, or -1. */
  readonly indexOf: (text: string) => number
  readonly starts: Uint32Array
  /** Exclusive. */
  readonly ends: Uint32Array
  /** Says that the tokens are no longer asked for, so that the next text may have their memory. */
  readonly release: () => void
}

/** Memory of tokens that were released: for the garbage collector a buffer for each text is much work. */
let spare: ArrayBuffer | undefined
const bytesPerToken = 13
/** For 100,000 characters. More is not kept. */
const mostSpareBytes = bytesPerToken * 100_000

function takeBuffer(bytes: number): ArrayBuffer {
  const buffer = spare && spare.byteLength >= bytes ? spare : new ArrayBuffer(bytes)
  if (buffer === spare) spare = undefined
  return buffer
}

function releaseBuffer(buffer: ArrayBuffer): void {
  if (buffer.byteLength <= mostSpareBytes && buffer.byteLength > (spare?.byteLength ?? 0)) spare = buffer
}

const isOperator = oneOf('=<>!~|&^+-*/%')
const isSign = oneOf('-+/~*')

/** What editors make of quotation marks. */
const isTypographicQuote = (unit: number): boolean =>
  unit === 0xb4 || unit === 0x2032 || (unit >= 0x2018 && unit <= 0x201d)

const isForeignLetter = (unit: number): boolean => unit > 0xbf && !isTypographicQuote(unit)

/** Letters of every script count as parts of a word; so does `$`. */
const isWordPart = (unit: number): boolean => isWordUnit(unit) || unit === 0x24 || isForeignLetter(unit)

const codeOf = (kind: SqlTokenKind): number => kinds.indexOf(kind)
const other = codeOf('other')
const word = codeOf('word')
const number = codeOf('number')
const variable = codeOf('variable')
const quote = codeOf('quote')
const comment = codeOf('comment')
const operator = codeOf('operator')
const dot = codeOf('dot')

/** The kinds of the ASCII characters that are a token of their own whatever follows; 0 for the others. */
const singles = new Uint8Array(128)
singles[0x28] = codeOf('open')
singles[0x29] = codeOf('close')
singles[0x2c] = codeOf('comma')
singles[0x3b] = codeOf('semicolon')
singles[0x22] = singles[0x27] = singles[0x60] = quote

/** Every ASCII character as a text, at its own code. */
const characters: readonly string[] = Array.from({ length: 128 }, (_, unit) => String.fromCharCode(unit))

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
export function* sqlTokens(text: string): SteppedWork<SqlTokens> {
  const { length } = text
  // A token takes a character at least. What is in the buffer behind the last token is of an earlier text.
  const buffer = takeBuffer(bytesPerToken * length)
  const starts = new Uint32Array(buffer, 0, length)
  const ends = new Uint32Array(buffer, 4 * length, length)
  /** For each token its ASCII character, or behind those where its text stands in `texts`. */
  const symbols = new Uint32Array(buffer, 8 * length, length)
  const codes = new Uint8Array(buffer, 12 * length, length)
  const texts: string[] = []
  const known = new Map<string, number>()
  let count = 0
  let commentEnd = 0
  let index = 0
  const symbolOf = (value: string): number => {
    if (value.length === 1 && value.charCodeAt(0) < 128) return value.charCodeAt(0)
    let symbol = known.get(value)
    if (symbol === undefined) {
      symbol = characters.length + texts.push(value) - 1
      known.set(value, symbol)
    }
    return symbol
  }
  const push = (code: number, end: number, symbol: number): void => {
    codes[count] = code
    starts[count] = index
    ends[count] = end
    symbols[count] = symbol
    count++
    index = end
  }
  const endOfLine = (): number => {
    const end = text.indexOf('\n', index)
    return end === -1 ? length : end
  }
  const readTo = (to: number): void => {
    while (index < to) {
      const unit = text.charCodeAt(index)
      const single = singles[unit] ?? 0
      if (single !== 0) {
        push(single, index + 1, unit)
        continue
      }
      if (isSpace(unit)) {
        index++
        continue
      }
      if (isLetter(unit) || unit === 0x5f || isForeignLetter(unit)) {
        const end = skipWhile(text, index + 1, isWordPart)
        push(word, end, symbolOf(text.slice(index, end).toLowerCase()))
        continue
      }
      const next = text.charCodeAt(index + 1)
      if (isDigit(unit) || (unit === 0x2e && isDigit(next))) push(number, endOfNumber(text, index), 0x30)
      else if (unit === 0x2d && next === 0x2d) push(comment, endOfLine(), symbolOf('--'))
      else if (unit === 0x23) push(comment, endOfLine(), unit)
      else if (unit === 0x2f && next === 0x2a) {
        if (text.charAt(index + 2) === '!') index = skipWhile(text, index + 3, isDigit)
        else {
          // A search that failed fails for every later comment as well.
          if (commentEnd !== -1 && commentEnd < index + 2) commentEnd = text.indexOf('*/', index + 2)
          push(comment, commentEnd === -1 ? index + 2 : commentEnd + 2, symbolOf('/*'))
        }
      } else if (unit === 0x2a && next === 0x2f) index += 2
      else if (isTypographicQuote(unit)) push(quote, index + 1, symbolOf(text.charAt(index)))
      else if (unit === 0x40 || (unit === 0x3a && isWordUnit(next))) {
        const from = next === 0x40 ? index + 2 : index + 1
        push(variable, skipWhile(text, from, isWordPart), next === 0x40 ? symbolOf('@@') : 0x40)
      } else if (isOperator(unit)) {
        let end = index + 1
        // `=-1` is an operator and a sign, `=--` an operator and a comment.
        while (isOperator(text.charCodeAt(end)) && !isSign(text.charCodeAt(end))) end++
        push(operator, end, end === index + 1 ? unit : symbolOf(text.slice(index, end)))
      } else if (unit === 0x2e) push(dot, index + 1, unit)
      // Nothing asks how many of them there are.
      else if (count > 0 && codes[count - 1] === other) ends[count - 1] = ++index
      else push(other, index + 1, symbolOf(text.charAt(index)))
    }
  }
  yield* inPieces(length, (_from, to) => {
    readTo(to)
    return index
  })
  return {
    length: count,
    kindAt: (at) => (at >= 0 && at < count ? kinds[codes[at] ?? 0] : undefined),
    symbolAt: (at) => symbols[at] ?? 0,
    textAt(at) {
      if (at < 0 || at >= count) return ''
      const symbol = symbols[at] ?? 0
      return characters[symbol] ?? texts[symbol - characters.length] ?? ''
    },
    indexOf(value) {
      const symbol = known.get(value)
      return symbol === undefined ? -1 : symbols.subarray(0, count).indexOf(symbol)
    },
    starts,
    ends,
    release() {
      releaseBuffer(buffer)
    },
  }
}
