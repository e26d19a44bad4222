import { reach } from './sql-operand.ts'
import type { SqlReader } from './sql-reader.ts'

/** What a statement begins with, and the words of which one must follow soon. */
const followers: Readonly<Record<string, readonly string[]>> = {
  alter: ['table', 'database', 'user', 'login', 'procedure', 'session', 'system'],
  backup: ['database', 'log'],
  begin: ['declare', 'dbms_lock', 'utl_http'],
  bulk: ['insert'],
  create: ['table', 'user', 'or', 'function', 'procedure', 'database', 'login', 'view', 'temp', 'temporary'],
  delete: ['from'],
  drop: ['table', 'database', 'user', 'view', 'procedure', 'function', 'schema', 'index', 'login'],
  if: ['select', 'exists', 'not', 'user', 'is_srvrolemember', 'substring', 'ascii', 'len', 'system_user'],
  insert: ['into'],
  merge: ['into'],
  show: ['tables', 'databases', 'columns', 'grants'],
  truncate: ['table'],
  waitfor: ['delay', 'time'],
}

/** Statements that may be followed by anything. */
const loose = new Set(['call', 'copy', 'desc', 'describe', 'grant', 'kill', 'load', 'print', 'use'])

function certainty(reader: SqlReader, verb: string, at: number): number {
  const { tokens, isAhead, operand } = reader
  const kind = tokens.kindAt(at + 1)
  const text = tokens.textAt(at + 1)
  switch (verb) {
    case 'update':
      return isAhead(at + 1, 'set') && isAhead(at + 1, '=') ? 0.3 : 0
    case 'select': {
      const found = operand(at + 1)?.kind
      if (isAhead(at + 1, 'from') || found === 'attack' || kind === 'number') return 0.3
      return found === 'call' || kind === 'variable' ? 0.25 : 0
    }
    case 'declare':
    case 'set':
      return kind === 'variable' ? 0.3 : 0
    case 'exec':
    case 'execute': {
      const isProcedure = kind === 'word' && /^(?:sp_|xp_|master|immediate)/.test(text)
      return isProcedure || kind === 'open' || kind === 'variable' ? 0.3 : 0
    }
    case 'shutdown':
      return kind === undefined || kind === 'comment' || text === 'with' ? 0.25 : 0
    default:
      return loose.has(verb) && kind !== undefined ? 0.1 : 0
  }
}

/** How much the tokens from `at` on look like a statement: 0 to 0.3. */
export function statementCertainty(reader: SqlReader, at: number): number {
  const { tokens } = reader
  let index = reader.skipComments(at)
  while (tokens.kindAt(index) === 'open' && index < at + reach) index++
  if (tokens.kindAt(index) !== 'word') return 0
  const verb = tokens.textAt(index)
  if (!Object.hasOwn(followers, verb)) return certainty(reader, verb, index)
  for (let look = index + 1; look < index + 4; look++)
    if (followers[verb]?.includes(tokens.textAt(look)) === true) return 0.3
  return 0
}
