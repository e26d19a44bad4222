import { inPieces } from '../../src/detectors/text/stepped-work.ts'
import { createFindingList, type SteppedDetector } from '../../src/detectors/text/finding.ts'
import { percentDecoded } from '../../src/detectors/text/percent-decoded.ts'
import { createSqlReader, type SqlReader } from './sql-reader.ts'
import type { Operand } from './sql-operand.ts'
import { statementCertainty } from './sql-statement.ts'
import { sqlTokens, type SqlTokenKind } from './sql-tokens.ts'

const logic = new Set(['or', 'and', 'xor', 'having', 'where', 'when', 'div', 'rlike', '||', '&&'])
const sets = new Set(['union', 'except', 'intersect', 'minus'])

/** Names that only attacks use, with or without a call. */
const attackWords: Readonly<Record<string, number>> = {
  ctxsys: 0.6,
  dbms_lock: 0.5,
  dbms_pipe: 0.6,
  openrowset: 0.5,
  sp_addextendedproc: 0.7,
  sp_makewebtask: 0.8,
  sp_oacreate: 0.7,
  sp_password: 0.8,
  utl_http: 0.5,
  utl_inaddr: 0.7,
  xp_cmdshell: 0.85,
  xp_dirtree: 0.85,
  xp_regread: 0.8,
  xp_servicecontrol: 0.7,
}

// The detector of SQL as it was before it read numbers instead of texts. It is the oracle of `sql-oracle.test.ts` for one
// release and goes when a rule changes.

/** How sure the start of a break-out is, by what stands before the anchor. */
interface Context {
  readonly reader: SqlReader
  readonly add: (from: number, to: number, score: number) => void
}

/** What a condition is worth: constants compared with each other and calls are no condition of a program. */
function conditionScore(reader: SqlReader, left: Operand, right: Operand | undefined): number {
  if (left.kind === 'attack' || right?.kind === 'attack') return 0.6
  if (!right) return { attack: 0.6, subquery: 0.5, literal: 0.3, call: 0.3, name: 0 }[left.kind]
  if (left.kind === 'literal' && right.kind === 'literal') return 0.55
  if (left.kind === 'subquery' || right.kind === 'subquery') return 0.5
  if (left.kind === 'call' || right.kind === 'call') return left.kind === 'literal' ? 0.45 : 0.35
  const [one, other] = [left, right].map(({ end }) => reader.tokens.textAt(end - 1))
  // `x=x`
  return left.kind === 'name' && right.kind === 'name' && one === other ? 0.5 : 0.2
}

/** `or 1=1`, `and (select …)`, `having 1=1`, `|| sleep(5)`. */
function judgeLogic({ reader, add }: Context, at: number): void {
  // First: the operands of `||a||a||a` are read anew behind every sign.
  const before = reader.breakOut(at)
  if (reader.tokens.kindAt(at) === 'operator' && before < 0.2) return
  const left = reader.operand(at + 1)
  if (!left) return
  const comparison = reader.comparison(left.end)
  const right = comparison === -1 ? undefined : reader.operand(comparison)
  const end = right?.end ?? left.end
  const condition = conditionScore(reader, left, right)
  if (condition === 0) return
  // `' or ''` needs no comparison: the quotation mark has broken out already.
  const spliced =
    !right && left.kind === 'literal' && before === 0.3 && reader.tokens.kindAt(at - 1) === 'quote' ? 0.1 : 0
  add(at, end, condition + before + spliced + reader.terminator(end))
}

/** `union select …` without the statement that it would continue. */
function judgeUnion({ reader, add }: Context, at: number): void {
  const select = reader.selectAfter(at + 1)
  if (select === -1) return
  let score = 0.45 + reader.breakOut(at)
  if (!reader.hasSelectBefore(at)) score += 0.2
  if (reader.operand(select + 1)?.kind !== 'name') score += 0.15
  add(at, select + 1, score + reader.lastTerminator)
}

/** `; drop table x`. */
function judgeStacked({ reader, add }: Context, at: number): void {
  const certainty = statementCertainty(reader, at + 1)
  if (certainty === 0) return
  const before = reader.breakOut(at)
  if (before === 0) return
  add(at, at + 2, (before >= 0.25 ? 0.3 : 0.2) + certainty + before + reader.lastTerminator)
}

/** `' --`, `') #`: the rest of a statement cut off. */
function judgeCut({ reader, add }: Context, at: number): void {
  const { kindAt, textAt, starts, ends, length } = reader.tokens
  const end = reader.skipClosing(at + 1)
  if (kindAt(end) !== 'comment') return
  // Behind `#` people write numbers and names; behind a cut there is nothing to write.
  if (textAt(end) === '#' && (ends[end] ?? 0) - (starts[end] ?? 0) > 2) return
  add(at, end + 1, 0.45 + (at <= 3 ? 0.35 : 0) + (end === length - 1 ? 0.1 : 0))
}

/** `'||(select …)||'`, `' != 'x`: an expression or a comparison spliced into a literal. */
function judgeSplice({ reader, add }: Context, at: number): void {
  const { kindAt, starts, ends, length } = reader.tokens
  const next = kindAt(at + 1)
  if (next === 'quote' || next === undefined) return
  // `"IS"` is a word in quotation marks, `x'IS NULL` and `' is null` are none.
  if (next === 'word' && starts[at + 1] === ends[at] && ends[at - 1] !== starts[at]) return
  const comparison = reader.comparison(at + 1)
  const from = comparison !== -1 ? comparison : next === 'operator' ? at + 2 : -1
  const operand = from === -1 ? undefined : reader.operand(from)
  if (!operand) return
  const weight = { attack: 0.5, subquery: 0.5, call: 0.35, literal: 0.2, name: 0 }[operand.kind]
  if (weight === 0) return
  const endsText = operand.end >= length
  const closes = endsText || kindAt(operand.end) === 'operator'
  const score = 0.3 + weight + (closes ? 0.1 : 0) + (endsText && at <= 1 ? 0.15 : 0) + (at <= 3 ? 0.1 : 0)
  add(at, operand.end, score)
}

/** `admin'declare @x …`: a statement right behind the quotation mark that ends a value. */
function judgeInsertion({ reader, add }: Context, at: number): void {
  const { starts, ends } = reader.tokens
  if (at > 3 || ends[at - 1] !== starts[at]) return
  const certainty = statementCertainty(reader, reader.skipClosing(at + 1))
  if (certainty > 0) add(at, at + 2, 0.5 + certainty)
}

/** `1 order by 10 --`, `' group by 1 --`, `limit 1 into outfile`, `procedure analyse()`. */
function judgeClause({ reader, add }: Context, at: number): void {
  const { kindAt, textAt } = reader.tokens
  const second = textAt(at + 1)
  switch (textAt(at)) {
    case 'order':
    case 'group': {
      if (second !== 'by') return
      const operand = reader.operand(at + 2)
      const before = reader.breakOut(at)
      if (!operand || before === 0) return
      const isNumber = operand.kind === 'literal'
      const weight = operand.kind === 'attack' ? 0.35 : isNumber ? 0.2 : 0
      add(at, operand.end, 0.3 + weight + before + reader.terminator(operand.end))
      return
    }
    case 'into':
      if (second === 'outfile' || second === 'dumpfile') add(at, at + 2, 0.6 + reader.breakOut(at))
      return
    case 'procedure':
      if (second === 'analyse') add(at, at + 2, 0.75)
      return
    case 'waitfor':
      if (second === 'delay' || second === 'time') add(at, at + 2, 0.85)
      return
    case 'exec':
    case 'execute':
      if (second === 'master' || second.startsWith('xp_')) add(at, at + 2, 0.85)
      else if (second.startsWith('sp_') && reader.isOddQuote(at - 1)) add(at, at + 2, 0.85)
      return
    case 'benchmark':
      if (second === '(' && kindAt(at + 2) === 'number') add(at, at + 2, 0.85)
      return
    default:
      return
  }
}

/** The words that anything can begin with. Most of a text are none of them. */
const anchors = new Set([
  ...logic,
  ...sets,
  ...Object.keys(attackWords),
  'benchmark',
  'exec',
  'execute',
  'group',
  'into',
  'order',
  'procedure',
  'waitfor',
])

/** What a value begins with that is not text. */
const beginnings = new Set<SqlTokenKind>(['close', 'number', 'open', 'operator', 'quote'])

/** A whole statement or call: what a person asks about, and no plain value. */
function judgeWhole({ reader, add }: Context): void {
  const { kindAt, starts, ends, length } = reader.tokens
  const first = kindAt(0)
  if (first === undefined) return
  // A value that ends by opening a comment with nothing in it.
  const last = length - 1
  const isCut = length > 2 && kindAt(last) === 'comment' && (ends[last] ?? 0) - (starts[last] ?? 0) <= 4
  if (isCut && beginnings.has(first)) add(0, length, first === 'open' ? 0.8 : 0.6)
  const certainty = statementCertainty(reader, 0)
  if (certainty >= 0.2 && length > 2) add(0, 1, 0.2 + certainty)
  const operand = reader.operand(0)
  if (operand?.kind === 'attack') add(0, operand.end, 0.4 + reader.terminator(operand.end))
}

/** Judges what begins with a token. */
function judgeToken(context: Context, at: number): void {
  const { reader } = context
  const { tokens } = reader
  switch (tokens.kindAt(at)) {
    case 'word': {
      const text = tokens.textAt(at)
      if (!anchors.has(text)) break
      if (logic.has(text)) judgeLogic(context, at)
      else if (sets.has(text)) judgeUnion(context, at)
      else judgeClause(context, at)
      if (Object.hasOwn(attackWords, text)) context.add(at, at + 1, attackWords[text] ?? 0)
      break
    }
    case 'operator':
      if (logic.has(tokens.textAt(at))) judgeLogic(context, at)
      break
    case 'semicolon':
      judgeStacked(context, at)
      break
    case 'quote':
      if (!reader.isOddQuote(at)) break
      judgeCut(context, at)
      judgeSplice(context, at)
      judgeInsertion(context, at)
      break
    case 'close':
    case 'comma':
    case 'comment':
    case 'dot':
    case 'number':
    case 'open':
    case 'other':
    case 'variable':
    case undefined:
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
export const detectSql: SteppedDetector = function* (text, most) {
  const decoded = percentDecoded(text)
  const tokens = yield* sqlTokens(decoded.text)
  const list = createFindingList(most)
  const reader = yield* createSqlReader(tokens)
  const context: Context = {
    reader,
    add(from, to, score) {
      const start = tokens.starts[from] ?? 0
      const end = tokens.ends[Math.min(to, tokens.length) - 1] ?? start
      list.add(decoded.positionOf(start), decoded.positionOf(end), score)
    },
  }
  yield* inPieces(
    tokens.length,
    (from, to) => {
      for (let at = from; at < to; at++) judgeToken(context, at)
      return to
    },
    tokensPerStep,
  )
  judgeWhole(context)
  tokens.release()
  return list.findings
}
