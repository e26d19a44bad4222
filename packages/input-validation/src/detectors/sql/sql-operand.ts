import { kinds, symbols } from './sql-kinds.ts'
import type { SqlTokens } from './sql-tokens.ts'
import { attackFunction, constant, idOf, unary } from './sql-vocabulary.ts'

/**
 * What an operand is: a constant; something with a call that attacks are made of; another call; a query in parentheses;
 * a name, which is what ordinary conditions are about; or none.
 */
export const operands = { none: 0, attack: 1, call: 2, literal: 3, name: 4, subquery: 5 } as const

/** An operand's kind and the token behind it as one number, so that reading one leaves nothing to collect. */
export type Operand = number

const operandOf = (kind: number, end: number): Operand => end * 8 + kind

export const kindOf = (operand: Operand): number => operand & 7
export const endOf = (operand: Operand): number => operand >> 3

/** There is no operand. */
export const noOperand: Operand = 0

/** The farthest that a look around a token goes, in tokens: keeps the whole linear. */
export const reach = 32

const select = idOf('select')
const caseWord = idOf('case')
const when = idOf('when')

const codesOf = (characters: string): readonly number[] => Array.from(characters, (one) => one.charCodeAt(0))
const signs = new Set(codesOf('+-~!'))
const joining = new Set([...codesOf('+-*/|%^'), symbols.or])

/** The first token from `at` on that is no comment. */
export function skipComments(tokens: SqlTokens, at: number): number {
  let index = at
  while (tokens.kindAt(index) === kinds.comment && index < at + reach) index++
  return index
}

/** Behind the parenthesis that closes the one at `at`, or as far as it is looked for. */
function endOfParentheses(tokens: SqlTokens, at: number): number {
  let depth = 0
  const limit = Math.min(tokens.count, at + reach)
  for (let index = at; index < limit; index++) {
    const kind = tokens.kindAt(index)
    if (kind === kinds.open) depth++
    else if (kind === kinds.close && --depth <= 0) return index + 1
  }
  return limit
}

function hasAttackCall(tokens: SqlTokens, from: number, to: number): boolean {
  for (let index = from; index < to; index++)
    if (tokens.kindAt(index + 1) === kinds.open && tokens.isWord(index, attackFunction)) return true
  return false
}

/** A literal in quotation marks; one that the text leaves open ends with it. */
function quoted(tokens: SqlTokens, at: number): Operand {
  const mark = tokens.symbolAt(at)
  for (let index = at + 1; index < at + 8; index++) {
    if (index >= tokens.count) return operandOf(operands.literal, tokens.count)
    if (tokens.kindAt(index) === kinds.quote && tokens.symbolAt(index) === mark)
      return operandOf(operands.literal, index + 1)
  }
  return operandOf(operands.name, at + 1)
}

function named(tokens: SqlTokens, at: number): Operand {
  let end = at + 1
  let isAttack = tokens.isWord(at, attackFunction)
  while (tokens.kindAt(end) === kinds.dot && tokens.kindAt(end + 1) === kinds.word && end < at + 8) {
    isAttack ||= tokens.isWord(end + 1, attackFunction)
    end += 2
  }
  const open = skipComments(tokens, end)
  if (tokens.kindAt(open) !== kinds.open)
    return operandOf(tokens.isWord(at, constant) ? operands.literal : operands.name, end)
  return operandOf(isAttack ? operands.attack : operands.call, endOfParentheses(tokens, open))
}

/** `N'text'`, `x'41'`: one letter, also in lower case. */
const isPrefix = (tokens: SqlTokens, at: number): boolean =>
  tokens.kindAt(at + 1) === kinds.quote &&
  tokens.endOf(at) - tokens.startOf(at) === 1 &&
  tokens.lowerText(at).length === 1

/** Without signs and parentheses around it. */
function atom(tokens: SqlTokens, at: number): Operand {
  const symbol = tokens.symbolAt(at)
  switch (tokens.kindAt(at)) {
    case kinds.number:
      return operandOf(operands.literal, at + 1)
    case kinds.quote:
      return quoted(tokens, at)
    case kinds.variable:
      return operandOf(symbol === symbols.systemVariable ? operands.attack : operands.name, at + 1)
    case kinds.word:
      if (symbol === select) return operandOf(operands.subquery, at + 1)
      if (symbol === caseWord && tokens.symbolAt(at + 1) === when) return operandOf(operands.call, at + 2)
      return isPrefix(tokens, at) ? quoted(tokens, at + 1) : named(tokens, at)
    default:
      return noOperand
  }
}

/** What an operand may begin with that says nothing about it: a sign, a comment, `not`. */
function isPreface(tokens: SqlTokens, at: number): boolean {
  const kind = tokens.kindAt(at)
  if (kind === kinds.operator) return signs.has(tokens.symbolAt(at))
  return kind === kinds.comment || tokens.isWord(at, unary)
}

const joins = (tokens: SqlTokens, at: number): boolean =>
  tokens.kindAt(at) === kinds.operator && joining.has(tokens.symbolAt(at))

/** The operand that begins at a token. It is read within a bounded number of tokens. */
export function operandAt(tokens: SqlTokens, at: number): Operand {
  const limit = at + reach
  let index = at
  let opened = 0
  for (; index < limit; index++) {
    if (tokens.kindAt(index) === kinds.open) opened++
    else if (!isPreface(tokens, index)) break
  }
  const found = atom(tokens, index)
  if (found === noOperand) return noOperand
  let end = endOf(found)
  if (kindOf(found) === operands.subquery) {
    const behind = opened > 0 ? endOfParentheses(tokens, at) : end
    return operandOf(hasAttackCall(tokens, at, behind) ? operands.attack : operands.subquery, behind)
  }
  // `1*2`, `'a'||'b'` are one operand.
  while (end < limit && joins(tokens, end)) {
    const more = atom(tokens, end + 1)
    if (more === noOperand) break
    end = endOf(more)
  }
  for (; opened > 0 && tokens.kindAt(end) === kinds.close; end++) opened--
  return operandOf(kindOf(found), end)
}
