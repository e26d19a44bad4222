import { type ConfigProblem, inspectOptions } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'
import { configRule } from './config-rule.ts'

/** What a problem of the configuration as a whole is reported at. */
const root = 'alfredHardening(config)'

/**
 * Checks everything but the members of the layers' options, and copies it: each option is read once, and what is refused
 * is left out, so that the layers go on checking theirs.
 *
 * @param given - as the application gave it, of any type
 */
export function readConfig(given: AlfredConfig): {
  readonly config: AlfredConfig
  readonly problems: ConfigProblem[]
} {
  const { value = {}, problems } = inspectOptions('', given, configRule)
  return {
    config: value,
    problems: problems.map((problem) => (problem.path === '' ? { ...problem, path: root } : problem)),
  }
}
