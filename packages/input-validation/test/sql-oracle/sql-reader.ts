import { inPieces, type SteppedWork } from '../../src/detectors/text/stepped-work.ts'
import { createOperandReader, type OperandReader, reach } from './sql-operand.ts'
import type { SqlTokens } from './sql-tokens.ts'

/** Reads around places in a list of tokens. Every question is answered within a bounded number of tokens. */
export interface SqlReader extends OperandReader {
  readonly tokens: SqlTokens
  /** The token behind a comparison that stands at `at`, or -1. */
  readonly comparison: (at: number) => number
  /** How much what stands before an anchor looks like the inside of a value: 0 to 0.3. */
  readonly breakOut: (at: number) => number
  /** How much what stands at `at` looks like the end of an injection: 0 to 0.2. */
  readonly terminator: (at: number) => number
  /** The same for the end of the whole text. */
  readonly lastTerminator: number
  /** Whether the quotation mark at `at` closes what nothing opened. */
  readonly isOddQuote: (at: number) => boolean
  /** The first token from `at` on that is no closing parenthesis and no semicolon. */
  readonly skipClosing: (at: number) => number
  /** The `select` that a `union` before `at` leads to, or -1. */
  readonly selectAfter: (at: number) => number
  readonly hasSelectBefore: (at: number) => boolean
  /** Whether `text` is one of the tokens from `at` on, within the usual reach. */
  readonly isAhead: (at: number, text: string) => boolean
}

const comparisons = new Set('like rlike regexp is in between similar glob sounds div mod'.split(' '))
const comparisonSigns = new Set(['=', '<', '>', '!', '~'])
const contractions = new Set(['s', 't', 'd', 'm', 're', 'll', 've'])
const betweenUnionAndSelect = new Set(['all', 'distinct', 'distinctrow'])

/** The apostrophe of `don't` and `it's` is no quotation mark. */
function isApostrophe({ kindAt, textAt, starts, ends }: SqlTokens, at: number): boolean {
  if (kindAt(at - 1) !== 'word' || kindAt(at + 1) !== 'word' || kindAt(at + 2) === 'quote') return false
  const isJoined = ends[at - 1] === starts[at] && ends[at] === starts[at + 1]
  return isJoined && contractions.has(textAt(at + 1))
}

/** For every token 1 if it is a quotation mark, and the odd one of its sort up to there. */
function* oddQuotes(tokens: SqlTokens): SteppedWork<Uint8Array> {
  const odd = new Uint8Array(tokens.length)
  const isOpen: boolean[] = []
  yield* inPieces(tokens.length, (from, to) => {
    for (let at = from; at < to; at++) {
      if (tokens.kindAt(at) !== 'quote' || isApostrophe(tokens, at)) continue
      const mark = tokens.symbolAt(at)
      const opens = isOpen[mark] !== true
      isOpen[mark] = opens
      if (opens) odd[at] = 1
    }
    return to
  })
  return odd
}

/** Builds the reader of a list of tokens. */
export function* createSqlReader(tokens: SqlTokens): SteppedWork<SqlReader> {
  const operands = createOperandReader(tokens)
  const odd = yield* oddQuotes(tokens)
  const firstSelect = tokens.indexOf('select')
  const { kindAt, textAt } = tokens

  const skipClosing = (at: number): number => {
    let index = at
    while (index < at + reach && (kindAt(index) === 'close' || kindAt(index) === 'semicolon')) index++
    return index
  }

  const comparison = (at: number): number => {
    let index = operands.skipComments(at)
    if (kindAt(index) === 'close') index++
    if (textAt(index) === 'not') index++
    const isSign = kindAt(index) === 'operator' && comparisonSigns.has(textAt(index).charAt(0))
    return isSign || comparisons.has(textAt(index)) ? index + 1 : -1
  }

  const breakOut = (at: number): number => {
    const limit = Math.max(0, at - reach)
    let index = at - 1
    let closes = 0
    for (; index >= limit; index--) {
      const kind = kindAt(index)
      if (kind === 'close') closes++
      else if (kind !== 'comment' && kind !== 'semicolon' && kind !== 'operator') break
    }
    if (index < 0) return 0.25
    const kind = kindAt(index)
    if (kind === 'quote') return odd[index] === 1 ? 0.3 : index <= 2 && closes > 0 ? 0.2 : 0.05
    if (kind === 'number') return index <= 2 ? 0.3 : 0
    if (kind === 'word' || kind === 'variable') return index === 0 ? 0.15 : 0
    return closes > 0 && index <= 3 ? 0.15 : 0
  }

  return {
    ...operands,
    tokens,
    comparison,
    breakOut,
    skipClosing,
    terminator(at) {
      const end = skipClosing(at)
      if (end >= tokens.length) return 0.1
      return kindAt(end) === 'comment' ? 0.2 : 0
    },
    lastTerminator: kindAt(tokens.length - 1) === 'comment' ? 0.15 : 0,
    isOddQuote: (at) => odd[at] === 1,
    selectAfter(at) {
      for (let index = at; index < at + 8; index++) {
        const kind = kindAt(index)
        if (textAt(index) === 'select') return index
        const isBetween =
          kind === 'comment' ||
          kind === 'open' ||
          kind === 'quote' ||
          kind === 'operator' ||
          betweenUnionAndSelect.has(textAt(index))
        if (!isBetween) return -1
      }
      return -1
    },
    hasSelectBefore: (at) => firstSelect !== -1 && firstSelect < at,
    isAhead(at, text) {
      for (let index = at; index < at + reach; index++) if (textAt(index) === text) return true
      return false
    },
  }
}
