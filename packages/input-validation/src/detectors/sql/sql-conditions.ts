import { kinds } from './sql-kinds.ts'
import type { Judgement } from './sql-judgement.ts'
import { endOf, kindOf, noOperand, type Operand, operandAt, operands } from './sql-operand.ts'
import { behindComparison, breakOut, saySame, terminator } from './sql-reader.ts'
import type { SqlTokens } from './sql-tokens.ts'

/** What an operand is worth that is compared with nothing. */
function aloneScore(kind: number): number {
  switch (kind) {
    case operands.attack:
      return 0.6
    case operands.subquery:
      return 0.5
    case operands.literal:
    case operands.call:
      return 0.3
    default:
      return 0
  }
}

/** What a condition is worth: constants compared with each other and calls are no condition of a program. */
function conditionScore(tokens: SqlTokens, left: Operand, right: Operand): number {
  const one = kindOf(left)
  const other = kindOf(right)
  if (one === operands.attack || other === operands.attack) return 0.6
  if (right === noOperand) return aloneScore(one)
  if (one === operands.literal && other === operands.literal) return 0.55
  if (one === operands.subquery || other === operands.subquery) return 0.5
  if (one === operands.call || other === operands.call) return one === operands.literal ? 0.45 : 0.35
  // `x=x`
  const isSame =
    one === operands.name && other === operands.name && saySame(tokens, endOf(left) - 1, endOf(right) - 1)
  return isSame ? 0.5 : 0.2
}

/** `or 1=1`, `and (select …)`, `having 1=1`, `|| sleep(5)`. */
export function judgeLogic(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  // First: the operands of `||a||a||a` are read anew behind every sign.
  const before = tokens.kindAt(at) === kinds.operator ? breakOut(tokens, at) : -1
  if (before !== -1 && before < 0.2) return
  const left = operandAt(tokens, at + 1)
  if (left === noOperand) return
  const comparison = behindComparison(tokens, endOf(left))
  const right = comparison === -1 ? noOperand : operandAt(tokens, comparison)
  const condition = conditionScore(tokens, left, right)
  if (condition === 0) return
  const broken = before === -1 ? breakOut(tokens, at) : before
  const end = endOf(right === noOperand ? left : right)
  // `' or ''` needs no comparison: the quotation mark has broken out already.
  const isSpliced =
    right === noOperand &&
    kindOf(left) === operands.literal &&
    broken === 0.3 &&
    tokens.kindAt(at - 1) === kinds.quote
  judgement.add(at, end, condition + broken + (isSpliced ? 0.1 : 0) + terminator(tokens, end))
}
