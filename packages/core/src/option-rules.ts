import { closestName } from './closest-name.ts'
import { AlfredConfigError, type ConfigProblem, type ConfigProblemCode } from './config-error.ts'

/**
 * Checks one option. Returns the accepted value, or reports what is wrong to `report` and returns
 * `undefined`. Rules never put the value itself into a message.
 */
export type OptionRule<T> = (value: unknown, report: ProblemReport) => T | undefined

/** Where a rule reports to; knows the path of the option under check. */
export interface ProblemReport {
  add(code: ConfigProblemCode, message: string, suggestion?: string): void
  at(key: string | number): ProblemReport
}

function reportInto(problems: ConfigProblem[], path: string): ProblemReport {
  return {
    add(code, message, suggestion) {
      problems.push({ path, code, message, ...(suggestion === undefined ? {} : { suggestion }) })
    },
    at(key) {
      const suffix = typeof key === 'number' ? `[${String(key)}]` : path === '' ? key : `.${key}`
      return reportInto(problems, path + suffix)
    },
  }
}

/**
 * Applies `rule` to a package's options.
 *
 * @param path - what to call the options in messages, such as `rateLimit`
 * @throws {@link AlfredConfigError} naming every problem at once
 */
export function readOptions<T>(path: string, options: unknown, rule: OptionRule<T>): T {
  const problems: ConfigProblem[] = []
  const value = rule(options, reportInto(problems, path))
  if (problems.length > 0 || value === undefined) throw new AlfredConfigError(problems)
  return value
}

const ofType =
  <T>(expected: string, is: (value: unknown) => value is T): OptionRule<T> =>
  (value, report) => {
    if (is(value)) return value
    report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${expected}.`)
    return undefined
  }

/** A function of any signature; what it does with its arguments cannot be checked here. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parameters are contravariant: only any accepts every function
type AnyFunction = (...args: any[]) => unknown

/** The rules that options are checked with. */
export const option = {
  boolean: (): OptionRule<boolean> => ofType('true or false', (value) => typeof value === 'boolean'),

  /** A non-empty string, matching `pattern` when given; `hint` says in words what the pattern asks for. */
  string:
    ({ pattern, hint }: { pattern?: RegExp; hint?: string } = {}): OptionRule<string> =>
    (value, report) => {
      if (typeof value !== 'string' || value === '') {
        report.add('ALFRED_CONFIG_WRONG_TYPE', `must be a non-empty string${hint ? `: ${hint}` : ''}.`)
        return undefined
      }
      if (pattern && !pattern.test(value)) {
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${hint ?? `matched by ${String(pattern)}`}.`)
        return undefined
      }
      return value
    },

  number:
    ({ min = -Infinity, max = Infinity, integer = false } = {}): OptionRule<number> =>
    (value, report) => {
      const what = integer ? 'a whole number' : 'a number'
      if (typeof value !== 'number' || Number.isNaN(value)) {
        report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${what}.`)
        return undefined
      }
      if (value < min || value > max || (integer && !Number.isInteger(value))) {
        const range = max === Infinity ? `at least ${String(min)}` : `from ${String(min)} to ${String(max)}`
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${what} ${range}.`)
        return undefined
      }
      return value
    },

  integer: (range: { min?: number; max?: number } = {}): OptionRule<number> =>
    option.number({ ...range, integer: true }),

  oneOf:
    <const T extends string | number | boolean>(...allowed: readonly T[]): OptionRule<T> =>
    (value, report) => {
      const found = allowed.find((candidate) => candidate === value)
      if (found !== undefined) return found
      const names = allowed.map(String)
      report.add(
        'ALFRED_CONFIG_OUT_OF_RANGE',
        `must be one of ${names.join(', ')}.`,
        typeof value === 'string' ? closestName(value, names) : undefined,
      )
      return undefined
    },

  function: <T extends AnyFunction>(): OptionRule<T> =>
    ofType('a function', (value): value is T => typeof value === 'function'),

  /** A function whose answer is needed at once. An async one is refused: its promise would be taken for an answer. */
  syncFunction:
    <T extends AnyFunction>(): OptionRule<T> =>
    (value, report) => {
      const accepted = option.function<T>()(value, report)
      if (accepted === undefined || !returnsLater(accepted)) return accepted
      report.add('ALFRED_CONFIG_WRONG_TYPE', 'must not be an async function: its answer is needed at once.')
      return undefined
    },

  /** An object that offers `methods`, such as a logger or a Redis client. */
  withMethods: <T extends object>(...methods: readonly (keyof T & string)[]): OptionRule<T> =>
    ofType(`an object with ${methods.map((name) => `${name}()`).join(', ')}`, (value): value is T => {
      if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
      return methods.every((name) => typeof Reflect.get(value, name) === 'function')
    }),

  list:
    <T>(item: OptionRule<T>, { min = 0 } = {}): OptionRule<readonly T[]> =>
    (value, report) => {
      if (!Array.isArray(value)) {
        report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a list.')
        return undefined
      }
      if (value.length < min) {
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must have at least ${String(min)} entries.`)
        return undefined
      }
      return value.flatMap((entry: unknown, index) => item(entry, report.at(index)) ?? [])
    },

  /** An object with keys of the user's choosing. */
  record:
    <T>(entry: OptionRule<T>): OptionRule<Readonly<Record<string, T>>> =>
    (value, report) => {
      if (!isPlainObject(value)) {
        report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be an object.')
        return undefined
      }
      const accepted: Record<string, T> = {}
      for (const [key, raw] of Object.entries(value)) {
        const read = entry(raw, report.at(key))
        if (read !== undefined) accepted[key] = read
      }
      return accepted
    },

  /**
   * The first rule that accepts. `expected` says in words what all of them together allow; a value
   * that several rules could have meant is reported by the last rule when it is an object.
   */
  anyOf:
    <T>(expected: string, ...rules: readonly OptionRule<T>[]): OptionRule<T> =>
    (value, report) => {
      for (const rule of rules) {
        const problems: ConfigProblem[] = []
        const read = rule(value, reportInto(problems, ''))
        if (read !== undefined && problems.length === 0) return read
      }
      const last = rules.at(-1)
      if (isPlainObject(value) && last) return last(value, report)
      report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${expected}.`)
      return undefined
    },

  /**
   * An object with exactly these keys; any other is reported with the name it was probably meant to
   * be. A key whose value is `undefined` counts as left out; `required` names those that may not be.
   */
  object:
    <T extends object>(
      rules: { readonly [K in keyof T]-?: OptionRule<Exclude<T[K], undefined>> },
      { required = [] }: { readonly required?: readonly (keyof T & string)[] } = {},
    ): OptionRule<T> =>
    (value, report) => {
      if (!isPlainObject(value)) {
        report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be an object.')
        return undefined
      }
      const accepted: Record<string, unknown> = {}
      for (const [key, raw] of Object.entries(value)) {
        if (!Object.hasOwn(rules, key)) {
          report
            .at(key)
            .add('ALFRED_CONFIG_UNKNOWN_KEY', 'is not an option.', closestName(key, Object.keys(rules)))
          continue
        }
        if (raw === undefined) continue
        const read = rules[key as keyof T](raw, report.at(key))
        if (read !== undefined) accepted[key] = read
      }
      for (const key of required) {
        if (value[key] === undefined) report.at(key).add('ALFRED_CONFIG_MISSING', 'is required.')
      }
      return accepted as T
    },
}

/** Whether the function is async or a generator, by its syntax; what an ordinary one returns shows when it is called. */
const returnsLater = (value: object): boolean =>
  /^(?:Async|Generator|AsyncGenerator)/.test(Object.prototype.toString.call(value).slice('[object '.length))

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
