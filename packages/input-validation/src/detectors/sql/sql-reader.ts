import { reach, skipComments } from './sql-operand.ts'
import { kinds, symbols } from './sql-kinds.ts'
import type { SqlTokens } from './sql-tokens.ts'
import { comparing, idOf, unionFiller } from './sql-vocabulary.ts'

// Questions about places in a list of tokens. Each is answered within a bounded number of tokens.

const not = idOf('not')
const select = idOf('select')
const comparisonSigns = '=<>!~'

/** The token behind a comparison that stands at `at`, or -1. */
export function behindComparison(tokens: SqlTokens, at: number): number {
  let index = skipComments(tokens, at)
  if (tokens.kindAt(index) === kinds.close) index++
  if (tokens.symbolAt(index) === not) index++
  if (tokens.kindAt(index) === kinds.operator)
    return comparisonSigns.includes(tokens.text.charAt(tokens.startOf(index))) ? index + 1 : -1
  return tokens.isWord(index, comparing) ? index + 1 : -1
}

const isBetweenParts = (kind: number): boolean =>
  kind === kinds.comment || kind === kinds.semicolon || kind === kinds.operator || kind === kinds.close

/** How much what stands before an anchor looks like the inside of a value: 0 to 0.3. */
export function breakOut(tokens: SqlTokens, at: number): number {
  const limit = Math.max(0, at - reach)
  let index = at - 1
  let closes = 0
  for (; index >= limit; index--) {
    const kind = tokens.kindAt(index)
    if (!isBetweenParts(kind)) break
    if (kind === kinds.close) closes++
  }
  if (index < 0) return 0.25
  switch (tokens.kindAt(index)) {
    case kinds.quote:
      return tokens.isOddQuote(index) ? 0.3 : index <= 2 && closes > 0 ? 0.2 : 0.05
    case kinds.number:
      return index <= 2 ? 0.3 : 0
    case kinds.word:
    case kinds.variable:
      return index === 0 ? 0.15 : 0
    default:
      return closes > 0 && index <= 3 ? 0.15 : 0
  }
}

/** The first token from `at` on that is no closing parenthesis and no semicolon. */
export function skipClosing(tokens: SqlTokens, at: number): number {
  let index = at
  for (; index < at + reach; index++) {
    const kind = tokens.kindAt(index)
    if (kind !== kinds.close && kind !== kinds.semicolon) break
  }
  return index
}

/** How much what stands at `at` looks like the end of an injection: 0 to 0.2. */
export function terminator(tokens: SqlTokens, at: number): number {
  const end = skipClosing(tokens, at)
  if (end >= tokens.count) return 0.1
  return tokens.kindAt(end) === kinds.comment ? 0.2 : 0
}

/** The same for the end of the whole text. */
export const lastTerminator = (tokens: SqlTokens): number =>
  tokens.count > 0 && tokens.kindAt(tokens.count - 1) === kinds.comment ? 0.15 : 0

function mayStandBeforeSelect(tokens: SqlTokens, at: number): boolean {
  const kind = tokens.kindAt(at)
  return (
    kind === kinds.comment ||
    kind === kinds.open ||
    kind === kinds.quote ||
    kind === kinds.operator ||
    tokens.isWord(at, unionFiller)
  )
}

/** The `select` that a `union` before `at` leads to, or -1. */
export function selectAfter(tokens: SqlTokens, at: number): number {
  for (let index = at; index < at + 8; index++) {
    if (tokens.symbolAt(index) === select) return index
    if (!mayStandBeforeSelect(tokens, index)) return -1
  }
  return -1
}

/** Whether a token with the symbol is one of those from `at` on, within the usual reach. */
export function isAhead(tokens: SqlTokens, at: number, symbol: number): boolean {
  for (let index = at; index < at + reach; index++) if (tokens.symbolAt(index) === symbol) return true
  return false
}

/** Whether two tokens say the same. */
export function saySame(tokens: SqlTokens, one: number, other: number): boolean {
  if (tokens.symbolAt(one) !== tokens.symbolAt(other)) return false
  // Words beyond the vocabulary share a number.
  return tokens.kindAt(one) !== kinds.word || tokens.lowerText(one) === tokens.lowerText(other)
}

/** Whether a token is a comment that says next to nothing: behind `#` people write numbers and names. */
export const isBareHash = (tokens: SqlTokens, at: number): boolean =>
  tokens.symbolAt(at) !== symbols.hash || tokens.endOf(at) - tokens.startOf(at) <= 2
