import { AlfredConfigError } from '../errors/config-error.ts'
import type { ConfigProblem } from '../errors/config-problem.ts'
import { applyRule, createProblemReport, type OptionRule } from './option-rule.ts'

/** What a rule accepted, and what it refused. */
export interface InspectedOptions<T> {
  readonly value: T | undefined
  readonly problems: readonly ConfigProblem[]
}

/**
 * Applies `rule` to options and returns the problems beside what is acceptable, for a caller that goes on checking.
 *
 * @param path - what to call the options in messages, such as `rateLimit`
 */
export function inspectOptions<T>(path: string, options: unknown, rule: OptionRule<T>): InspectedOptions<T> {
  const problems: ConfigProblem[] = []
  return { value: applyRule(rule, options, createProblemReport(problems, path)), problems }
}

/**
 * Applies `rule` to a package's options.
 *
 * @param path - what to call the options in messages, such as `rateLimit`
 * @throws {@link AlfredConfigError} naming every problem at once
 */
export function readOptions<T>(path: string, options: unknown, rule: OptionRule<T>): T {
  const { value, problems } = inspectOptions(path, options, rule)
  if (problems.length > 0 || value === undefined) throw new AlfredConfigError(problems)
  return value
}
