import { kinds } from './sql-kinds.ts'
import type { Judgement } from './sql-judgement.ts'
import { endOf, kindOf, noOperand, operandAt, operands } from './sql-operand.ts'
import { breakOut, lastTerminator, selectAfter, terminator } from './sql-reader.ts'
import { statementCertainty } from './sql-statement.ts'
import type { SqlTokens } from './sql-tokens.ts'
import { idOf } from './sql-vocabulary.ts'

/** `union select …` without the statement that it would continue. */
export function judgeUnion(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const select = selectAfter(tokens, at + 1)
  if (select === -1) return
  let score = 0.45 + breakOut(tokens, at)
  if (tokens.firstSelect === -1 || tokens.firstSelect >= at) score += 0.2
  if (kindOf(operandAt(tokens, select + 1)) !== operands.name) score += 0.15
  judgement.add(at, select + 1, score + lastTerminator(tokens))
}

/** `; drop table x`. */
export function judgeStacked(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const certainty = statementCertainty(tokens, at + 1)
  if (certainty === 0) return
  const before = breakOut(tokens, at)
  if (before === 0) return
  judgement.add(at, at + 2, (before >= 0.25 ? 0.3 : 0.2) + certainty + before + lastTerminator(tokens))
}

const words = {
  analyse: idOf('analyse'),
  benchmark: idOf('benchmark'),
  by: idOf('by'),
  delay: idOf('delay'),
  dumpfile: idOf('dumpfile'),
  exec: idOf('exec'),
  execute: idOf('execute'),
  group: idOf('group'),
  into: idOf('into'),
  master: idOf('master'),
  order: idOf('order'),
  outfile: idOf('outfile'),
  procedure: idOf('procedure'),
  time: idOf('time'),
  waitfor: idOf('waitfor'),
} as const

/** `1 order by 10 --`, `' group by 1 --`. */
function judgeOrder(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const operand = operandAt(tokens, at + 2)
  const before = breakOut(tokens, at)
  if (operand === noOperand || before === 0) return
  const kind = kindOf(operand)
  const weight = kind === operands.attack ? 0.35 : kind === operands.literal ? 0.2 : 0
  const end = endOf(operand)
  judgement.add(at, end, 0.3 + weight + before + terminator(tokens, end))
}

/** `exec master…`, `exec xp_…`; `exec sp_…` right behind a quotation mark. */
function isAttackProcedure(tokens: SqlTokens, at: number): boolean {
  if (tokens.symbolAt(at + 1) === words.master) return true
  if (tokens.kindAt(at + 1) !== kinds.word) return false
  const name = tokens.lowerText(at + 1)
  return name.startsWith('xp_') || (name.startsWith('sp_') && tokens.isOddQuote(at - 1))
}

/** What a clause is worth by its first two words: `limit 1 into outfile`, `procedure analyse()`. */
function clauseScore(tokens: SqlTokens, at: number): number {
  const second = tokens.symbolAt(at + 1)
  switch (tokens.symbolAt(at)) {
    case words.into:
      return second === words.outfile || second === words.dumpfile ? 0.6 + breakOut(tokens, at) : 0
    case words.procedure:
      return second === words.analyse ? 0.75 : 0
    case words.waitfor:
      return second === words.delay || second === words.time ? 0.85 : 0
    case words.exec:
    case words.execute:
      return isAttackProcedure(tokens, at) ? 0.85 : 0
    case words.benchmark:
      return tokens.kindAt(at + 1) === kinds.open && tokens.kindAt(at + 2) === kinds.number ? 0.85 : 0
    default:
      return 0
  }
}

export function judgeClause(judgement: Judgement, at: number): void {
  const { tokens } = judgement
  const first = tokens.symbolAt(at)
  if (first === words.order || first === words.group) {
    if (tokens.symbolAt(at + 1) === words.by) judgeOrder(judgement, at)
    return
  }
  const score = clauseScore(tokens, at)
  if (score > 0) judgement.add(at, at + 2, score)
}
