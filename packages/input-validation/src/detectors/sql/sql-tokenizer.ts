import { byteAt, digit, hexDigit, isOf, lowered, wordPart } from '../scan/byte-classes.ts'
import { pad, releaseBytes, takeBytes, type TextBytes } from '../scan/text-bytes.ts'
import { inPieces, type SteppedWork } from '../text/stepped-work.ts'
import { beginnings, begins, operatorParts, singles, wordParts } from './sql-beginnings.ts'
import { kinds, symbols } from './sql-kinds.ts'
import { type SqlTokens, takeTokens } from './sql-tokens.ts'
import { anchor, contraction, hasProperty, idOf, unknownWord, wordIdAt } from './sql-vocabulary.ts'

/** Reads the tokens of one text. Indexes are those of its bytes. */
class SqlTokenizer {
  readonly #tokens: SqlTokens
  readonly #text: string
  readonly #bytes: Uint8Array
  readonly #end: number
  #commentEnd = 0

  constructor(tokens: SqlTokens, source: TextBytes) {
    this.#tokens = tokens
    this.#text = tokens.text
    this.#bytes = source.bytes
    this.#end = source.end
  }

  /** Reads the tokens that begin from `from` on and before `to`. @returns where it stopped */
  read(from: number, to: number): number {
    const bytes = this.#bytes
    const limit = to + pad
    let index = from + pad
    while (index < limit) {
      const beginning = beginnings[byteAt(bytes, index)]
      if (beginning === begins.space) index++
      else if (beginning === begins.word) index = this.#readWord(index)
      else index = this.#readSign(index)
    }
    return index - pad
  }

  #push(kind: number, symbol: number, start: number, end: number): number {
    this.#tokens.push(kind, symbol, start - pad, end - pad)
    return end
  }

  #readWord(start: number): number {
    const bytes = this.#bytes
    let end = start
    let seen = 0
    for (let byte = byteAt(bytes, end); wordParts[byte] === 1; byte = byteAt(bytes, ++end)) seen |= byte
    // Letters beyond ASCII have lower case ones within it: the Kelvin sign is a k.
    const id =
      seen < 0x80 ? wordIdAt(bytes, start, end) : idOf(this.#text.slice(start - pad, end - pad).toLowerCase())
    if (id !== unknownWord) {
      if (hasProperty(id, anchor)) this.#tokens.anchorNext()
      else if (id === select && this.#tokens.firstSelect === -1) this.#tokens.firstSelect = this.#tokens.count
    }
    return this.#push(kinds.word, id, start, end)
  }

  #readSign(start: number): number {
    const bytes = this.#bytes
    const byte = byteAt(bytes, start)
    const next = byteAt(bytes, start + 1)
    switch (beginnings[byte] ?? begins.other) {
      case begins.single:
        return this.#readSingle(byte, start)
      case begins.digit:
        return this.#push(kinds.number, symbols.number, start, endOfNumber(bytes, start))
      case begins.dot:
        if (isOf(next, digit))
          return this.#push(kinds.number, symbols.number, start, endOfNumber(bytes, start))
        return this.#push(kinds.dot, byte, start, start + 1)
      case begins.hash:
        return this.#push(kinds.comment, symbols.hash, start, endOfLine(bytes, start, this.#end))
      case begins.dash:
        if (next !== byte) break
        return this.#push(kinds.comment, symbols.lineComment, start, endOfLine(bytes, start, this.#end))
      case begins.slash:
        if (next === 0x2a) return this.#readComment(start)
        break
      case begins.star:
        // The end of a conditional comment of MySQL, whose content is carried out.
        if (next === 0x2f) return start + 2
        break
      case begins.at:
        return this.#readVariable(start)
      case begins.colon:
        if (isOf(next, wordPart)) return this.#readVariable(start)
        return this.#readOther(start)
      case begins.operator:
        break
      default:
        return this.#readOther(start)
    }
    return this.#readOperator(start)
  }

  #readSingle(byte: number, start: number): number {
    const kind = singles[byte] ?? kinds.quote
    if (kind === kinds.quote || kind === kinds.semicolon) this.#tokens.anchorNext()
    return this.#push(kind, this.#text.charCodeAt(start - pad), start, start + 1)
  }

  #readComment(start: number): number {
    const bytes = this.#bytes
    if (byteAt(bytes, start + 2) === 0x21) {
      let end = start + 3
      while (isOf(byteAt(bytes, end), digit)) end++
      return end
    }
    const behind = start - pad + 2
    // A search that failed fails for every later comment as well.
    if (this.#commentEnd !== -1 && this.#commentEnd < behind)
      this.#commentEnd = this.#text.indexOf('*/', behind)
    const end = this.#commentEnd === -1 ? behind : this.#commentEnd + 2
    return this.#push(kinds.comment, symbols.blockComment, start, end + pad)
  }

  #readVariable(start: number): number {
    const bytes = this.#bytes
    const isSystem = byteAt(bytes, start + 1) === 0x40
    let end = isSystem ? start + 2 : start + 1
    while (wordParts[byteAt(bytes, end)] === 1) end++
    return this.#push(kinds.variable, isSystem ? symbols.systemVariable : symbols.variable, start, end)
  }

  #readOperator(start: number): number {
    const bytes = this.#bytes
    const byte = byteAt(bytes, start)
    let end = start + 1
    while (operatorParts[byteAt(bytes, end)] === 1) end++
    let symbol = end === start + 1 ? byte : symbols.longOperator
    if (end === start + 2 && byteAt(bytes, start + 1) === byte) {
      if (byte === 0x7c) symbol = symbols.or
      else if (byte === 0x26) symbol = symbols.and
      if (symbol !== symbols.longOperator) this.#tokens.anchorNext()
    }
    return this.#push(kinds.operator, symbol, start, end)
  }

  /** Nothing asks how many of them there are. */
  #readOther(start: number): number {
    if (this.#tokens.count > 0 && this.#tokens.kinds[this.#tokens.count - 1] === kinds.other) {
      this.#tokens.ends[this.#tokens.count - 1] = start + 1 - pad
      return start + 1
    }
    return this.#push(kinds.other, 0, start, start + 1)
  }
}

const select = idOf('select')

function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  while (index < end && bytes[index] !== 0x0a) index++
  return index
}

function endOfNumber(bytes: Uint8Array, start: number): number {
  let end = start
  if (byteAt(bytes, start) === 0x30 && lowered(byteAt(bytes, start + 1)) === 0x78) {
    end += 2
    while (isOf(byteAt(bytes, end), hexDigit)) end++
    return end
  }
  while (isOf(byteAt(bytes, end), digit) || byteAt(bytes, end) === 0x2e) end++
  if (lowered(byteAt(bytes, end)) !== 0x65) return end
  const sign = byteAt(bytes, end + 1)
  let exponent = sign === 0x2d || sign === 0x2b ? end + 2 : end + 1
  if (!isOf(byteAt(bytes, exponent), digit)) return end
  while (isOf(byteAt(bytes, exponent), digit)) exponent++
  return exponent
}

/** The apostrophe of `don't` and `it's` is no quotation mark. */
function isApostrophe(tokens: SqlTokens, at: number): boolean {
  return (
    at > 0 &&
    tokens.kindAt(at - 1) === kinds.word &&
    tokens.isWord(at + 1, contraction) &&
    tokens.kindAt(at + 2) !== kinds.quote &&
    tokens.areJoined(at - 1, at) &&
    tokens.areJoined(at, at + 1)
  )
}

/** Marks the quotation marks that are the odd ones of their sort up to there, among some of the anchors. */
function markOddQuotes(tokens: SqlTokens, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    const at = tokens.anchors[index] ?? 0
    if (tokens.kindAt(at) !== kinds.quote) continue
    tokens.odd[at] = 0
    if (isApostrophe(tokens, at)) continue
    const mark = tokens.symbolAt(at)
    const opens = tokens.openMarks.get(mark) !== true
    tokens.openMarks.set(mark, opens)
    if (opens) tokens.odd[at] = 1
  }
}

/**
 * Splits a text into what an SQL server would see in it, in one pass. White space and the delimiters of MySQL's
 * conditional comments (`/*!50000 … * /`), whose content is carried out, are left out.
 */
export function sqlTokens(text: string): SqlTokens {
  const tokens = takeTokens(text)
  const source = takeBytes(text)
  new SqlTokenizer(tokens, source).read(0, text.length)
  releaseBytes(source)
  tokens.finish()
  markOddQuotes(tokens, 0, tokens.anchorCount)
  return tokens
}

/** The same in steps. */
export function* steppedSqlTokens(text: string): SteppedWork<SqlTokens> {
  const tokens = takeTokens(text)
  const source = takeBytes(text)
  const tokenizer = new SqlTokenizer(tokens, source)
  yield* inPieces(text.length, (from, to) => tokenizer.read(from, to))
  releaseBytes(source)
  tokens.finish()
  yield* inPieces(tokens.anchorCount, (from, to) => {
    markOddQuotes(tokens, from, to)
    return to
  })
  return tokens
}
