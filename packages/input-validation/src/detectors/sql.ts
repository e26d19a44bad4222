import { createFindingList, type Detector } from './finding.ts'
import { percentDecoded } from './percent-decoded.ts'
import { createSqlReader, type SqlReader } from './sql-reader.ts'
import { sqlTokens } from './sql-tokens.ts'

const logic = new Set(['or', 'and', 'xor', 'having', 'where', 'when', 'div', 'rlike', '||', '&&'])
const sets = new Set(['union', 'except', 'intersect', 'minus'])

/** What a statement begins with, and the words of which one must follow; an empty list asks for none. */
const statements: Readonly<Record<string, readonly string[]>> = {
  alter: ['table', 'database', 'user', 'login', 'procedure', 'session', 'system'],
  backup: ['database', 'log'],
  begin: ['declare', 'dbms_lock', 'utl_http'],
  bulk: ['insert'],
  copy: [],
  create: ['table', 'user', 'or', 'function', 'procedure', 'database', 'login', 'view', 'temp', 'temporary'],
  declare: [],
  delete: ['from'],
  drop: ['table', 'database', 'user', 'view', 'procedure', 'function', 'schema', 'index', 'login'],
  exec: [],
  execute: [],
  grant: [],
  if: ['select', 'exists', 'not', 'user', 'is_srvrolemember', 'substring', 'ascii', 'len', 'system_user'],
  insert: ['into'],
  merge: ['into'],
  select: [],
  set: [],
  shutdown: [],
  truncate: ['table'],
  update: [],
  waitfor: ['delay', 'time'],
}

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

/** How sure the start of a break-out is, by what stands before the anchor. */
interface Context {
  readonly reader: SqlReader
  readonly add: (from: number, to: number, score: number) => void
}

/** `or 1=1`, `and (select …)`, `having 1=1`, `|| sleep(5)`. */
function judgeLogic({ reader, add }: Context, at: number): void {
  const { tokens } = reader
  const isSymbol = tokens[at]?.kind === 'operator'
  const left = reader.operand(at + 1)
  if (!left) return
  const before = reader.breakOut(at)
  if (isSymbol && before < 0.2) return
  let score: number
  let end = left.end
  const comparison = reader.comparison(left.end)
  const right = comparison === -1 ? undefined : reader.operand(comparison)
  if (right) {
    end = right.end
    if (left.kind === 'literal' && right.kind === 'literal') score = 0.55
    else if (left.kind === 'attack' || right.kind === 'attack') score = 0.6
    else if (left.kind === 'subquery' || right.kind === 'subquery') score = 0.5
    else if (left.kind === 'call' || right.kind === 'call') score = 0.35
    else score = 0.2
  } else if (left.kind === 'attack') score = 0.6
  else if (left.kind === 'subquery') score = 0.5
  else if (left.kind === 'literal') score = 0.3
  else if (left.kind === 'call') score = 0.3
  else return
  add(at, end, score + before + reader.terminator(end))
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
  const structure = reader.statement(at + 1, statements)
  if (structure === 0) return
  const before = reader.breakOut(at)
  if (before === 0) return
  add(at, at + 2, 0.2 + structure + before + reader.lastTerminator)
}

/** `' --`, `') #`: the rest of a statement cut off. */
function judgeCut({ reader, add }: Context, at: number): void {
  if (!reader.isOddQuote(at)) return
  const comment = reader.skipClosing(at + 1)
  if (reader.tokens[comment]?.kind !== 'comment') return
  add(at, comment + 1, 0.45 + (at <= 4 ? 0.35 : 0) + (comment === reader.tokens.length - 1 ? 0.1 : 0))
}

/** `'||(select …)||'`, `'+char(65)+'`: an expression spliced into a literal. */
function judgeSplice({ reader, add }: Context, at: number): void {
  if (!reader.isOddQuote(at) || reader.tokens[at + 1]?.kind !== 'operator') return
  const operand = reader.operand(at + 2)
  if (!operand) return
  const closes = reader.tokens[operand.end]?.kind === 'operator' || operand.end >= reader.tokens.length
  const weight = { attack: 0.5, subquery: 0.5, call: 0.35, literal: 0.2, name: 0 }[operand.kind]
  if (weight > 0) add(at, operand.end, 0.3 + weight + (closes ? 0.1 : 0) + (at <= 4 ? 0.1 : 0))
}

/** `1 order by 10 --`, `' group by 1 --`, `limit 1 into outfile`, `procedure analyse()`. */
function judgeClause({ reader, add }: Context, at: number): void {
  const { tokens } = reader
  const second = tokens[at + 1]?.text
  switch (tokens[at]?.text) {
    case 'order':
    case 'group': {
      if (second !== 'by') return
      const operand = reader.operand(at + 2)
      const before = reader.breakOut(at)
      if (!operand || before === 0) return
      const isNumber = operand.kind === 'literal'
      add(at, operand.end, 0.3 + (isNumber ? 0.2 : 0) + before + reader.terminator(operand.end))
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
      if (second === 'master' || second?.startsWith('xp_') === true) add(at, at + 2, 0.85)
      return
    case 'benchmark':
      if (second === '(' && tokens[at + 2]?.kind === 'number') add(at, at + 2, 0.85)
      return
    case undefined:
    default:
      return
  }
}

/** A whole statement: what a person asks about, and no plain value. */
function judgeWhole({ reader, add }: Context): void {
  const structure = reader.statement(0, statements)
  if (structure >= 0.2 && reader.tokens.length > 2) add(0, 1, 0.2 + structure)
}

/**
 * Finds SQL injection by structure, not by words: an expression, clause or statement that breaks out of a value which
 * somebody else's statement holds. What stands before and behind it counts: a quotation mark that closes nothing, a
 * number at the very beginning, a comment that cuts off the rest. A complete statement, which is what people show and
 * ask about, breaks out of nothing.
 *
 * Finding none proves nothing: bind values as parameters.
 */
export const detectSql: Detector = (text, most) => {
  const decoded = percentDecoded(text)
  const tokens = sqlTokens(decoded.text)
  const list = createFindingList(most)
  const reader = createSqlReader(tokens)
  const context: Context = {
    reader,
    add(from, to, score) {
      const start = tokens[from]?.start ?? 0
      const end = tokens[Math.min(to, tokens.length) - 1]?.end ?? start
      list.add(decoded.positionOf(start), decoded.positionOf(end), score)
    },
  }
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (!token) continue
    if (token.kind === 'word') {
      if (logic.has(token.text)) judgeLogic(context, at)
      else if (sets.has(token.text)) judgeUnion(context, at)
      else judgeClause(context, at)
      const weight = Object.hasOwn(attackWords, token.text) ? attackWords[token.text] : undefined
      if (weight !== undefined) context.add(at, at + 1, weight)
    } else if (token.kind === 'operator') {
      if (logic.has(token.text)) judgeLogic(context, at)
    } else if (token.kind === 'semicolon') judgeStacked(context, at)
    else if (token.kind === 'quote') {
      judgeCut(context, at)
      judgeSplice(context, at)
    }
  }
  judgeWhole(context)
  return list.findings
}
