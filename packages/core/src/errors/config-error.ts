import { AlfredError, isAlfredError } from './alfred-error.ts'

/** Why an option was refused. */
export type ConfigProblemCode =
  | 'ALFRED_CONFIG_CONFLICT'
  | 'ALFRED_CONFIG_MISSING'
  | 'ALFRED_CONFIG_OUT_OF_RANGE'
  | 'ALFRED_CONFIG_UNKNOWN_KEY'
  | 'ALFRED_CONFIG_UNSAFE'
  | 'ALFRED_CONFIG_WRONG_TYPE'

/** One refused option. */
export interface ConfigProblem {
  /** Where it stands, as in `rateLimit.policies[0].limit`. */
  readonly path: string
  readonly code: ConfigProblemCode
  /** What is wrong, without the value itself: a config may hold secrets. */
  readonly message: string
  /** The likely intended name or value. */
  readonly suggestion?: string | undefined
  /** The environment variable that the option was read from. */
  readonly variable?: string | undefined
}

const line = ({ path, message, suggestion, code, variable }: ConfigProblem): string =>
  `  ${path}${variable === undefined ? '' : ` (from ${variable})`}: ${message}${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`} (${code})`

/** Thrown once at construction, with every problem of the configuration. */
export class AlfredConfigError extends AlfredError {
  override readonly name = 'AlfredConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`
    super('ALFRED_CONFIG_INVALID', `The configuration has ${count}:\n${problems.map(line).join('\n')}`)
    this.problems = problems
  }
}

/** Whether `value` is an {@link AlfredConfigError}, of this or any other installed copy of the package. */
function isAlfredConfigError(value: unknown): value is AlfredConfigError {
  return isAlfredError(value) && 'problems' in value && Array.isArray(value.problems)
}

/**
 * Runs `construct` and moves the problems of an {@link AlfredConfigError} it throws into `problems`,
 * so that one start-up attempt reports the faults of every layer.
 *
 * @returns what `construct` returned, or `undefined` when its configuration was refused
 */
export function collectConfigProblems<T>(problems: ConfigProblem[], construct: () => T): T | undefined {
  try {
    return construct()
  } catch (error) {
    if (!isAlfredConfigError(error)) throw error
    problems.push(...error.problems)
    return undefined
  }
}
