import { closestName } from './closest-name.ts'
import type { ConfigProblem } from '../errors/config-problem.ts'
import { interfaceRule } from './interface-rule.ts'
import { objectRule, recordRule } from './object-rule.ts'
import { createProblemReport, type OptionRule, type ProblemReport } from './option-rule.ts'
import { createRule, type MemberRule, type Rule } from './rule.ts'

const ofType = <T>(expected: string, is: (value: unknown) => value is T): Rule<T> =>
  createRule((value, report) => {
    if (is(value)) return value
    report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${expected}.`)
    return undefined
  })

/** A function of any signature; what it does with its arguments cannot be checked here. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parameters are contravariant: only any accepts every function
type AnyFunction = (...args: any[]) => unknown

/**
 * The rules that options are checked with. As a member of an object an option is required, unless its rule ends in
 * `.optional()` or `.default(value)`.
 */
export const option = {
  /** A rule from a function, for what the others do not say. */
  custom: <Read, Input = Read>(read: OptionRule<Read>): Rule<Read, Input> => createRule<Read, Input>(read),

  boolean: (): Rule<boolean> => ofType('true or false', (value) => typeof value === 'boolean'),

  /** A non-empty string, matching `pattern` when given; `hint` says in words what the pattern asks for. */
  string: ({ pattern, hint }: { pattern?: RegExp; hint?: string } = {}): Rule<string> =>
    createRule((value, report) => {
      if (typeof value !== 'string' || value === '') {
        report.add('ALFRED_CONFIG_WRONG_TYPE', `must be a non-empty string${hint ? `: ${hint}` : ''}.`)
        return undefined
      }
      if (pattern && !pattern.test(value)) {
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${hint ?? `matched by ${String(pattern)}`}.`)
        return undefined
      }
      return value
    }),

  /** A finite number. The name's ending says the unit in messages: `Ms`, `Bytes`. */
  number: ({ min = -Infinity, max = Infinity, integer = false } = {}): Rule<number> =>
    createRule((value, report) => {
      const what = `${integer ? 'a whole' : 'a'} number${unitOf(report)}`
      if (typeof value !== 'number' || Number.isNaN(value)) {
        const isQuoted = typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))
        report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${what}${isQuoted ? ', without quotes' : ''}.`)
        return undefined
      }
      if (value < min || value > max || !(integer ? Number.isSafeInteger(value) : Number.isFinite(value))) {
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${what}${rangeOf(min, max)}.`)
        return undefined
      }
      return value
    }),

  integer: (range: { min?: number; max?: number } = {}): Rule<number> =>
    option.number({ ...range, integer: true }),

  oneOf: <const T extends string | number | boolean>(...allowed: readonly T[]): Rule<T> =>
    createRule((value, report) => {
      const found = allowed.find((candidate) => candidate === value)
      if (found !== undefined) return found
      const names = allowed.map(String)
      report.add(
        'ALFRED_CONFIG_OUT_OF_RANGE',
        `must be one of ${names.join(', ')}.`,
        typeof value === 'string' ? closestName(value, names) : undefined,
      )
      return undefined
    }),

  function: <T extends AnyFunction>(): Rule<T> =>
    ofType('a function', (value): value is T => typeof value === 'function'),

  /** A function whose answer is needed at once. An async one is refused: its promise would be taken for an answer. */
  syncFunction: <T extends AnyFunction>(): Rule<T> =>
    createRule((value, report) => {
      const accepted = option.function<T>()(value, report)
      if (accepted === undefined || !returnsLater(accepted)) return accepted
      report.add('ALFRED_CONFIG_WRONG_TYPE', 'must not be an async function: its answer is needed at once.')
      return undefined
    }),

  /** An object that offers `methods`, such as a logger or a Redis client. */
  withMethods: <T extends object>(...methods: readonly (keyof T & string)[]): Rule<T> =>
    ofType(`an object with ${methods.map((name) => `${name}()`).join(', ')}`, (value): value is T => {
      if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
      return methods.every((name) => typeof Reflect.get(value, name) === 'function')
    }),

  /** A list; the result is a frozen copy. */
  list: <Read, Input = Read>(
    item: OptionRule<Read> | MemberRule<Read, Input, 'required'>,
    { min = 0 } = {},
  ): Rule<readonly Read[], readonly Input[]> =>
    createRule((value, report) => {
      if (!Array.isArray(value)) {
        report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a list.')
        return undefined
      }
      if (value.length < min) {
        const entries = min === 1 ? 'entry' : 'entries'
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must have at least ${String(min)} ${entries}.`)
        return undefined
      }
      // Array.from visits the holes of a sparse list too.
      const read = Array.from(value, (entry: unknown, index) => item(entry, report.at(index)))
      return Object.freeze(read.filter((entry) => entry !== undefined))
    }),

  record: recordRule,

  /**
   * The first rule that accepts. `expected` says in words what all of them together allow. A value of a shape that one
   * rule takes, with something wrong inside, is reported by the rule that has least against it.
   */
  anyOf: <Rules extends readonly MemberRule<unknown, unknown, 'required'>[]>(
    expected: string,
    ...rules: Rules
  ): Rule<Rules[number]['~types']['read'], Rules[number]['~types']['input']> =>
    createRule((value, report) => {
      let meant: readonly ConfigProblem[] | undefined
      for (const rule of rules) {
        const problems: ConfigProblem[] = []
        const read = rule(value, createProblemReport(problems, report.path))
        if (read !== undefined && problems.length === 0) {
          return read
        }
        const isInside = problems.length > 0 && problems.every(({ path }) => path !== report.path)
        if (isInside && problems.length <= (meant?.length ?? Infinity)) meant = problems
      }
      if (meant === undefined) report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${expected}.`)
      else report.addAll(meant)
      return undefined
    }),

  object: objectRule,

  objectOf: interfaceRule,
}

/** Whether the function is async or a generator, by its syntax; what an ordinary one returns shows when it is called. */
const returnsLater = (value: object): boolean =>
  /^(?:Async|Generator|AsyncGenerator)/.test(Object.prototype.toString.call(value).slice('[object '.length))

/** The unit that an option's name ends in. */
function unitOf({ path }: ProblemReport): string {
  if (path.endsWith('Ms')) return ' of milliseconds'
  return path.endsWith('Bytes') ? ' of bytes' : ''
}

function rangeOf(min: number, max: number): string {
  if (max >= Number.MAX_SAFE_INTEGER) return min === -Infinity ? '' : `, at least ${String(min)}`
  return min === -Infinity ? `, at most ${String(max)}` : ` from ${String(min)} to ${String(max)}`
}
