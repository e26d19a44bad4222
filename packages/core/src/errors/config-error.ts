import { AlfredError, isAlfredError } from './alfred-error.ts'
import type { ConfigProblem } from './config-problem.ts'

const line = ({ path, message, suggestion, code, variable }: ConfigProblem): string =>
  `  ${path}${variable === undefined ? '' : ` (from ${variable})`}: ${message}${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`} (${code})`

/** Thrown once at construction, with every problem of the configuration. */
export class AlfredConfigError extends AlfredError<'ALFRED_CONFIG_INVALID'> {
  override readonly name = 'AlfredConfigError'

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`
    const message = `The configuration has ${count}:\n${problems.map(line).join('\n')}`
    super('ALFRED_CONFIG_INVALID', message, { problems })
  }

  /** The same list as `details.problems`. */
  get problems(): readonly ConfigProblem[] {
    return this.details.problems
  }
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
    if (!isAlfredError(error, 'ALFRED_CONFIG_INVALID')) throw error
    problems.push(...error.details.problems)
    return undefined
  }
}
