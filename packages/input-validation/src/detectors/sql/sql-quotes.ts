import { kinds } from './sql-kinds.ts'
import type { Judgement } from './sql-judgement.ts'
import { endOf, kindOf, noOperand, operandAt, operands } from './sql-operand.ts'
import { behindComparison, isBareHash, skipClosing } from './sql-reader.ts'
import { statementCertainty } from './sql-statement.ts'

/** `' --`, `') #`: the rest of a statement cut off. */
export function judgeCut(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const end = skipClosing(tokens, at + 1)
  if (tokens.kindAt(end) !== kinds.comment || !isBareHash(tokens, end)) return
  judgement.add(at, end + 1, 0.45 + (at <= 3 ? 0.35 : 0) + (end === tokens.count - 1 ? 0.1 : 0))
}

/** What an operand is worth that is spliced into a literal. */
function spliceScore(kind: number): number {
  switch (kind) {
    case operands.attack:
    case operands.subquery:
      return 0.5
    case operands.call:
      return 0.35
    case operands.literal:
      return 0.2
    default:
      return 0
  }
}

/** `'||(select …)||'`, `' != 'x`: an expression or a comparison spliced into a literal. */
export function judgeSplice(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const next = tokens.kindAt(at + 1)
  if (next === kinds.quote || next === kinds.none) return
  // `"IS"` is a word in quotation marks, `x'IS NULL` and `' is null` are none.
  const isBehindSpace = at === 0 || !tokens.areJoined(at - 1, at)
  if (next === kinds.word && isBehindSpace && tokens.areJoined(at, at + 1)) return
  const comparison = behindComparison(tokens, at + 1)
  const from = comparison !== -1 ? comparison : next === kinds.operator ? at + 2 : -1
  const operand = from === -1 ? noOperand : operandAt(tokens, from)
  const weight = spliceScore(kindOf(operand))
  if (weight === 0) return
  const end = endOf(operand)
  const endsText = end >= tokens.count
  const closes = endsText || tokens.kindAt(end) === kinds.operator
  const score = 0.3 + weight + (closes ? 0.1 : 0) + (endsText && at <= 1 ? 0.15 : 0) + (at <= 3 ? 0.1 : 0)
  judgement.add(at, end, score)
}

/** `admin'declare @x …`: a statement right behind the quotation mark that ends a value. */
export function judgeInsertion(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  if (at === 0 || at > 3 || !tokens.areJoined(at - 1, at)) return
  const certainty = statementCertainty(tokens, skipClosing(tokens, at + 1))
  if (certainty > 0) judgement.add(at, at + 2, 0.5 + certainty)
}
