import type { SqlTokens } from './sql-tokens.ts'

/**
 * What an operand is: a constant; something with a call that attacks are made of; another call; a query in parentheses;
 * or a name, which is what ordinary conditions are about.
 */
export type OperandKind = 'attack' | 'call' | 'literal' | 'name' | 'subquery'

export interface Operand {
  readonly kind: OperandKind
  /** The token behind it. */
  readonly end: number
}

/** The farthest that a look around a token goes, in tokens: keeps the whole linear. */
export const reach = 32

/** Functions that read the server, delay it or compare letter by letter. */
const attackNames = new Set(
  (
    'ascii benchmark char_length chr conv current_user database dbms_pipe exists exp extractvalue get_host_address hex ' +
    'is_srvrolemember like load_file mid ord pg_sleep randomblob row row_count sleep substr substring system_user unhex ' +
    'updatexml user user_name utl_inaddr version xmltype'
  ).split(' '),
)

const constants = new Set(['true', 'false', 'null'])
const unary = new Set(['not', 'binary', 'all', 'distinct'])
const signs = new Set(['+', '-', '~', '!'])
const joining = new Set(['+', '-', '*', '/', '|', '||', '%', '^'])

/** Reads operands. Each is read within a bounded number of tokens. */
export interface OperandReader {
  /** The operand that begins at a token. */
  readonly operand: (at: number) => Operand | undefined
  /** The first token from `at` on that is no comment. */
  readonly skipComments: (at: number) => number
}

/** Builds the reader of the operands in a list of tokens. */
export function createOperandReader(tokens: SqlTokens): OperandReader {
  const { kindAt, textAt } = tokens

  const skipComments = (at: number): number => {
    let index = at
    while (kindAt(index) === 'comment' && index < at + reach) index++
    return index
  }

  /** Behind the parenthesis that closes the one at `at`, or as far as it is looked for. */
  const endOfParentheses = (at: number): number => {
    let depth = 0
    const limit = Math.min(tokens.length, at + reach)
    for (let index = at; index < limit; index++) {
      const kind = kindAt(index)
      if (kind === 'open') depth++
      else if (kind === 'close' && --depth <= 0) return index + 1
    }
    return limit
  }

  const hasAttackCall = (from: number, to: number): boolean => {
    for (let index = from; index < to; index++)
      if (kindAt(index + 1) === 'open' && attackNames.has(textAt(index))) return true
    return false
  }

  /** A literal in quotation marks; one that the text leaves open ends with it. */
  const quoted = (at: number): Operand => {
    const mark = textAt(at)
    for (let index = at + 1; index < at + 8; index++) {
      if (index >= tokens.length) return { kind: 'literal', end: tokens.length }
      if (textAt(index) === mark) return { kind: 'literal', end: index + 1 }
    }
    return { kind: 'name', end: at + 1 }
  }

  const named = (at: number): Operand => {
    let end = at + 1
    let isAttack = attackNames.has(textAt(at))
    while (kindAt(end) === 'dot' && kindAt(end + 1) === 'word' && end < at + 8) {
      isAttack ||= attackNames.has(textAt(end + 1))
      end += 2
    }
    const open = skipComments(end)
    if (kindAt(open) !== 'open') return { kind: constants.has(textAt(at)) ? 'literal' : 'name', end }
    return { kind: isAttack ? 'attack' : 'call', end: endOfParentheses(open) }
  }

  /** Without signs and parentheses around it. */
  const atom = (at: number): Operand | undefined => {
    const text = textAt(at)
    switch (kindAt(at)) {
      case 'number':
        return { kind: 'literal', end: at + 1 }
      case 'quote':
        return quoted(at)
      case 'variable':
        return { kind: text.startsWith('@@') ? 'attack' : 'name', end: at + 1 }
      case 'word':
        if (text === 'select') return { kind: 'subquery', end: at + 1 }
        if (text === 'case' && textAt(at + 1) === 'when') return { kind: 'call', end: at + 2 }
        // N'text', x'41'
        return text.length === 1 && kindAt(at + 1) === 'quote' ? quoted(at + 1) : named(at)
      case 'close':
      case 'comma':
      case 'comment':
      case 'dot':
      case 'open':
      case 'operator':
      case 'other':
      case 'semicolon':
      case undefined:
        return undefined
    }
  }

  const operand = (at: number): Operand | undefined => {
    const limit = at + reach
    let index = at
    let opened = 0
    for (; index < limit; index++) {
      if (kindAt(index) === 'open') opened++
      else if (kindAt(index) !== 'comment' && !signs.has(textAt(index)) && !unary.has(textAt(index))) break
    }
    const found = atom(index)
    if (!found) return undefined
    let { end } = found
    if (found.kind === 'subquery') {
      const behind = opened > 0 ? endOfParentheses(at) : end
      return { kind: hasAttackCall(at, behind) ? 'attack' : 'subquery', end: behind }
    }
    // `1*2`, `'a'||'b'` are one operand.
    while (end < limit && joining.has(textAt(end))) {
      const more = atom(end + 1)
      if (!more) break
      end = more.end
    }
    for (; opened > 0 && kindAt(end) === 'close'; end++) opened--
    return { kind: found.kind, end }
  }

  return { operand, skipComments }
}
