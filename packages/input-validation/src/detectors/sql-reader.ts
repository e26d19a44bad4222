import type { SqlToken } from './sql-tokens.ts'

/**
 * What an operand is: a constant; a call of a function that attacks are made of; another call; a query in
 * parentheses; or a name, which is what ordinary conditions are about.
 */
export type OperandKind = 'attack' | 'call' | 'literal' | 'name' | 'subquery'

export interface Operand {
  readonly kind: OperandKind
  /** The token behind it. */
  readonly end: number
}

/** Functions and variables that read the server, delay it or compare letter by letter. */
const attackNames = new Set([
  'ascii',
  'benchmark',
  'char_length',
  'chr',
  'conv',
  'current_user',
  'database',
  'dbms_pipe',
  'exists',
  'exp',
  'extractvalue',
  'hex',
  'is_srvrolemember',
  'load_file',
  'mid',
  'ord',
  'pg_sleep',
  'randomblob',
  'row',
  'row_count',
  'sleep',
  'substr',
  'substring',
  'system_user',
  'unhex',
  'updatexml',
  'user',
  'user_name',
  'utl_inaddr',
  'version',
  'xmltype',
])

const constants = new Set(['true', 'false', 'null'])
const unary = new Set(['not', 'binary', 'all', 'distinct'])
const comparisons = new Set([
  'like',
  'rlike',
  'regexp',
  'is',
  'in',
  'between',
  'similar',
  'glob',
  'sounds',
  'div',
  'mod',
])

/** The farthest that a look around an anchor goes, in tokens: keeps the whole linear. */
const reach = 32

const contractions = new Set(['s', 't', 'd', 'm', 're', 'll', 've'])

/** Reads around places in a list of tokens. Every question is answered within a bounded number of tokens. */
export interface SqlReader {
  readonly tokens: readonly SqlToken[]
  /** The operand that begins at a token. */
  readonly operand: (at: number) => Operand | undefined
  /** The token behind a comparison that stands at `at`, or -1. */
  readonly comparison: (at: number) => number
  /** How much what stands before an anchor looks like the inside of a value: 0 to 0.3. */
  readonly breakOut: (at: number) => number
  /** How much what stands at `at` looks like the end of an injection: 0 to 0.2. */
  readonly terminator: (at: number) => number
  /** The same for the end of the whole text. */
  readonly lastTerminator: number
  /** Whether the quotation mark at `at` closes what nothing opened. */
  readonly isOddQuote: (at: number) => boolean
  /** The first token from `at` on that is no closing parenthesis and no semicolon. */
  readonly skipClosing: (at: number) => number
  /** The `select` that a `union` before `at` leads to, or -1. */
  readonly selectAfter: (at: number) => number
  readonly hasSelectBefore: (at: number) => boolean
  /** How much the tokens at `at` look like a statement: 0 to 0.3. */
  readonly statement: (at: number, statements: Readonly<Record<string, readonly string[]>>) => number
}

/** The apostrophe of `don't` and `it's` is no quotation mark. */
function isApostrophe(tokens: readonly SqlToken[], at: number): boolean {
  const [before, mark, after] = [tokens[at - 1], tokens[at], tokens[at + 1]]
  if (before?.kind !== 'word' || before.end !== mark?.start || after?.kind !== 'word') return false
  return after.start === mark.end && contractions.has(after.text) && tokens[at + 2]?.kind !== 'quote'
}

/** For every token whether an odd number of its quotation marks stands up to it, itself included. */
function oddQuotes(tokens: readonly SqlToken[]): readonly boolean[] {
  const open = new Map<string, boolean>()
  return tokens.map(({ kind, text }, at) => {
    if (kind !== 'quote') return false
    if (isApostrophe(tokens, at)) return false
    const isOdd = open.get(text) !== true
    open.set(text, isOdd)
    return isOdd
  })
}

/** Builds the reader of a list of tokens. */
export function createSqlReader(tokens: readonly SqlToken[]): SqlReader {
  const odd = oddQuotes(tokens)
  const firstSelect = tokens.findIndex(({ text }) => text === 'select')
  const kindAt = (at: number): SqlToken['kind'] | undefined => tokens[at]?.kind
  const textAt = (at: number): string | undefined => tokens[at]?.text

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

  const skipComments = (at: number): number => {
    let index = at
    while (kindAt(index) === 'comment' && index < at + reach) index++
    return index
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

  const atom = (at: number): Operand | undefined => {
    const token = tokens[at]
    switch (token?.kind) {
      case 'number':
        return { kind: 'literal', end: at + 1 }
      case 'quote':
        return quoted(at)
      case 'variable':
        return { kind: token.text.startsWith('@@') ? 'attack' : 'name', end: at + 1 }
      case 'word': {
        if (token.text === 'select') return { kind: 'subquery', end: at + 1 }
        if (token.text === 'case' && textAt(at + 1) === 'when') return { kind: 'call', end: at + 2 }
        const open = skipComments(at + 1)
        if (kindAt(open) === 'open') {
          return { kind: attackNames.has(token.text) ? 'attack' : 'call', end: endOfParentheses(open) }
        }
        if (constants.has(token.text)) return { kind: 'literal', end: at + 1 }
        // N'text', x'41', q'[text]'
        if (kindAt(at + 1) === 'quote' && token.text.length === 1) return quoted(at + 1)
        let end = at + 1
        while (kindAt(end) === 'dot' && kindAt(end + 1) === 'word' && end < at + 8) end += 2
        return { kind: 'name', end }
      }
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
    let index = at
    const limit = at + reach
    let opened = 0
    while (index < limit) {
      const kind = kindAt(index)
      if (kind === 'open') opened++
      else if (
        kind !== 'comment' &&
        !(kind === 'operator' && '+-~!'.includes(textAt(index)?.charAt(0) ?? '=')) &&
        !unary.has(textAt(index) ?? '')
      )
        break
      index++
    }
    const found = atom(index)
    if (!found) return undefined
    let end = found.end
    if (found.kind === 'subquery') return { kind: 'subquery', end: opened > 0 ? endOfParentheses(at) : end }
    // `1*2`, `'a'||'b'` are one operand.
    while (end < limit && kindAt(end) === 'operator' && '+-*/|%^'.includes(textAt(end)?.charAt(0) ?? '=')) {
      const more = atom(end + 1)
      if (!more) break
      end = more.end
    }
    while (opened > 0 && kindAt(end) === 'close') {
      opened--
      end++
    }
    return { kind: found.kind, end }
  }

  /** Behind a comparison and what stands between it and its right side. */
  const comparison = (at: number): number => {
    let index = skipComments(at)
    if (kindAt(index) === 'close') index++
    if (textAt(index) === 'not') index++
    const text = textAt(index)
    if (kindAt(index) === 'operator' && text !== undefined && '=<>!~'.includes(text.charAt(0)))
      return index + 1
    return text !== undefined && comparisons.has(text) ? index + 1 : -1
  }

  const breakOut = (at: number): number => {
    let index = at - 1
    const limit = Math.max(0, at - reach)
    let closes = 0
    while (
      index >= limit &&
      (kindAt(index) === 'close' ||
        kindAt(index) === 'comment' ||
        kindAt(index) === 'semicolon' ||
        textAt(index) === '%')
    ) {
      if (kindAt(index) === 'close') closes++
      index--
    }
    if (index < 0) return 0.25
    if (kindAt(index) === 'quote') return odd[index] === true ? 0.3 : index <= 2 && closes > 0 ? 0.2 : 0.05
    if (kindAt(index) === 'number' && index <= 2) return 0.3
    if (kindAt(index) === 'word' && index === 0) return 0.15
    if (kindAt(index) === 'variable' && index === 0) return 0.2
    return closes > 0 && index <= 3 ? 0.15 : 0
  }

  const terminator = (at: number): number => {
    let index = at
    const limit = at + reach
    while (index < limit && (kindAt(index) === 'close' || kindAt(index) === 'semicolon')) index++
    if (index >= tokens.length) return 0.1
    return kindAt(index) === 'comment' ? 0.2 : 0
  }

  const last = tokens.at(-1)

  return {
    tokens,
    operand,
    comparison,
    breakOut,
    terminator,
    lastTerminator: last?.kind === 'comment' ? 0.15 : 0,
    isOddQuote: (at) => odd[at] === true,
    skipClosing(at) {
      let index = at
      while (index < at + reach && (kindAt(index) === 'close' || kindAt(index) === 'semicolon')) index++
      return index
    },
    selectAfter(at) {
      for (let index = at; index < at + 8; index++) {
        const token = tokens[index]
        if (token?.text === 'select') return index
        if (
          !token ||
          (token.kind !== 'comment' &&
            token.kind !== 'open' &&
            token.kind !== 'quote' &&
            token.text !== 'all' &&
            token.text !== 'distinct' &&
            token.kind !== 'operator')
        )
          return -1
      }
      return -1
    },
    hasSelectBefore: (at) => firstSelect !== -1 && firstSelect < at,
    statement(at, statements) {
      let index = skipComments(at)
      while (kindAt(index) === 'open') index++
      const verb = textAt(index)
      if (verb === undefined || kindAt(index) !== 'word' || !Object.hasOwn(statements, verb)) return 0
      const second = textAt(skipComments(index + 1))
      const asked = statements[verb] ?? []
      if (asked.length > 0) {
        for (let look = index + 1; look < index + 4; look++)
          if (asked.includes(textAt(look) ?? '')) return 0.3
        return 0
      }
      if (second === undefined) return verb === 'shutdown' ? 0.2 : 0
      const ahead = (wanted: string): boolean => {
        for (let look = index + 1; look < index + reach; look++) if (textAt(look) === wanted) return true
        return false
      }
      switch (verb) {
        case 'update':
          return ahead('set') && ahead('=') ? 0.3 : 0
        case 'select':
          return ahead('from') ||
            tokens[index + 1]?.kind === 'variable' ||
            tokens[index + 1]?.kind === 'number' ||
            operand(index + 1)?.kind === 'attack'
            ? 0.3
            : 0
        case 'declare':
        case 'set':
          return tokens[index + 1]?.kind === 'variable' ? 0.3 : 0
        case 'exec':
        case 'execute':
          return tokens[index + 1]?.kind === 'word' ||
            tokens[index + 1]?.kind === 'open' ||
            tokens[index + 1]?.kind === 'variable'
            ? 0.3
            : 0
        default:
          return 0.1
      }
    },
  }
}
