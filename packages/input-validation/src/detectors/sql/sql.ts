import type { SteppedDetector } from '../text/finding.ts'
import { percentDecoded } from '../text/percent-decoded.ts'
import { inPieces, stepLength } from '../text/stepped-work.ts'
import { judgeClause, judgeStacked, judgeUnion } from './sql-clauses.ts'
import { judgeLogic } from './sql-conditions.ts'
import { Judgement } from './sql-judgement.ts'
import { kinds } from './sql-kinds.ts'
import { endOf, kindOf, operandAt, operands } from './sql-operand.ts'
import { judgeCut, judgeInsertion, judgeSplice } from './sql-quotes.ts'
import { terminator } from './sql-reader.ts'
import { statementCertainty } from './sql-statement.ts'
import { sqlTokens, steppedSqlTokens } from './sql-tokenizer.ts'
import { releaseTokens } from './sql-tokens.ts'
import { attackScoreOf, attackWord, hasProperty, logic, setOperator } from './sql-vocabulary.ts'

/** What a value begins with that is not text. */
const beginnings = new Set<number>([kinds.close, kinds.number, kinds.open, kinds.operator, kinds.quote])

/** A whole statement or call: what a person asks about, and no plain value. */
function judgeWhole(judgement: Judgement): void {
  const { tokens } = judgement
  const { count } = tokens
  if (count === 0) return
  const first = tokens.kindAt(0)
  // A value that ends by opening a comment with nothing in it.
  const last = count - 1
  const isCut =
    count > 2 && tokens.kindAt(last) === kinds.comment && tokens.endOf(last) - tokens.startOf(last) <= 4
  if (isCut && beginnings.has(first)) judgement.add(0, count, first === kinds.open ? 0.8 : 0.6)
  const certainty = statementCertainty(tokens, 0)
  if (certainty >= 0.2 && count > 2) judgement.add(0, 1, 0.2 + certainty)
  const operand = operandAt(tokens, 0)
  if (kindOf(operand) === operands.attack) {
    const end = endOf(operand)
    judgement.add(0, end, 0.4 + terminator(tokens, end))
  }
}

function judgeWord(judgement: Judgement, at: number): void {
  const word = judgement.tokens.symbolAt(at)
  if (hasProperty(word, logic)) judgeLogic(judgement, at)
  else if (hasProperty(word, setOperator)) judgeUnion(judgement, at)
  else judgeClause(judgement, at)
  if (hasProperty(word, attackWord)) judgement.add(at, at + 1, attackScoreOf(word))
}

/** Judges what begins with a token. */
function judgeToken(judgement: Judgement, at: number): void {
  switch (judgement.tokens.kindAt(at)) {
    case kinds.word:
      judgeWord(judgement, at)
      break
    case kinds.operator:
      judgeLogic(judgement, at)
      break
    case kinds.semicolon:
      judgeStacked(judgement, at)
      break
    case kinds.quote:
      if (!judgement.tokens.isOddQuote(at)) break
      judgeCut(judgement, at)
      judgeSplice(judgement, at)
      judgeInsertion(judgement, at)
      break
  }
}

/** Judging a token takes longer than reading it. */
const tokensPerStep = 2048

/**
 * Finds SQL injection by structure, not by words: an expression, clause or statement that breaks out of a value which
 * somebody else's statement holds. What stands before and behind it counts: a quotation mark that closes nothing, a
 * number at the very beginning, a comment that cuts off the rest. A complete statement, which is what people show and
 * ask about, breaks out of nothing.
 *
 * Finding none proves nothing: bind values as parameters.
 */
export const detectSql: SteppedDetector = function* (text, maxFindings) {
  const decoded = percentDecoded(text)
  const tokens =
    decoded.text.length <= stepLength ? sqlTokens(decoded.text) : yield* steppedSqlTokens(decoded.text)
  const judgement = new Judgement(tokens, decoded, maxFindings)
  const judge = (from: number, to: number): number => {
    for (let index = from; index < to; index++) judgeToken(judgement, tokens.anchors[index] ?? 0)
    return to
  }
  if (tokens.anchorCount <= tokensPerStep) judge(0, tokens.anchorCount)
  else yield* inPieces(tokens.anchorCount, judge, tokensPerStep)
  judgeWhole(judgement)
  releaseTokens(tokens)
  return judgement.findings
}
