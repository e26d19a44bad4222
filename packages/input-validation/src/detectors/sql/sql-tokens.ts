import { kinds } from './sql-kinds.ts'
import { hasProperty } from './sql-vocabulary.ts'

/** How many tokens behind the last one may be asked for. */
const margin = 48

/** The memory of so many tokens is kept for the next text. */
const maxSpareTokens = 100_000

let spare: SqlTokens | undefined

/** An empty list with room for the tokens of a text, in the memory of an earlier one where nobody needs that any more. */
export function takeTokens(text: string): SqlTokens {
  const taken = spare ?? new SqlTokens()
  spare = undefined
  taken.begin(text)
  return taken
}

/** Leaves the memory to the next text. */
export function releaseTokens(taken: SqlTokens): void {
  taken.text = ''
  if (taken.kinds.length <= 2 * maxSpareTokens) spare = taken
}

/**
 * The tokens of a text. A text of nothing but quotation marks has as many as characters, so they are kept as numbers in
 * typed arrays: lists of objects or texts would take ten times as long to build.
 */
export class SqlTokens {
  text = ''
  count = 0
  kinds = new Uint8Array(0)
  symbols = new Uint16Array(0)
  /** In UTF-16 code units. */
  starts = new Uint32Array(0)
  /** Exclusive. */
  ends = new Uint32Array(0)
  /** 1 for a quotation mark that is the odd one of its sort up to there. */
  odd = new Uint8Array(0)
  /** The tokens that a finding may begin with. */
  anchors = new Uint32Array(0)
  anchorCount = 0
  /** Whether an odd number of each sort of quotation mark was seen. */
  readonly openMarks = new Map<number, boolean>()
  /** The first `select`, or -1. */
  firstSelect = -1

  /** Makes room for a text. */
  begin(text: string): void {
    const maxTokens = text.length + margin
    if (this.kinds.length < maxTokens) {
      const size = Math.max(2 * maxTokens, 4096)
      this.kinds = new Uint8Array(size)
      this.symbols = new Uint16Array(size)
      this.starts = new Uint32Array(size)
      this.ends = new Uint32Array(size)
      this.odd = new Uint8Array(size)
      this.anchors = new Uint32Array(size)
    }
    this.text = text
    this.count = this.anchorCount = 0
    this.firstSelect = -1
    if (this.openMarks.size > 0) this.openMarks.clear()
  }

  /** Marks the end: of what is behind it nobody sees the tokens of an earlier text. */
  finish(): void {
    this.kinds.fill(kinds.none, this.count, this.count + margin)
    this.symbols.fill(0, this.count, this.count + margin)
  }

  kindAt(at: number): number {
    return this.kinds[at] ?? kinds.none
  }

  symbolAt(at: number): number {
    return this.symbols[at] ?? 0
  }

  startOf(at: number): number {
    return this.starts[at] ?? 0
  }

  endOf(at: number): number {
    return this.ends[at] ?? 0
  }

  isOddQuote(at: number): boolean {
    return at >= 0 && this.kindAt(at) === kinds.quote && this.odd[at] === 1
  }

  /** Whether a token is a word with one of the properties. */
  isWord(at: number, property: number): boolean {
    return this.kindAt(at) === kinds.word && hasProperty(this.symbolAt(at), property)
  }

  /** What is written there, in lower case. */
  lowerText(at: number): string {
    return this.text.slice(this.startOf(at), this.endOf(at)).toLowerCase()
  }

  /** Whether two tokens end where the other begins. */
  areJoined(at: number, next: number): boolean {
    return this.endOf(at) === this.startOf(next)
  }

  /** Adds a token. */
  push(kind: number, symbol: number, start: number, end: number): void {
    const at = this.count++
    this.kinds[at] = kind
    this.symbols[at] = symbol
    this.starts[at] = start
    this.ends[at] = end
  }

  /** Says that a finding may begin with the token that is added next. */
  anchorNext(): void {
    this.anchors[this.anchorCount++] = this.count
  }
}
