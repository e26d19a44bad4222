import { readFileSync } from 'node:fs'
import type { ConfigProblem } from '@alfred/core'
import type { z } from 'zod'
import { problemCode, type Variable } from './variable.ts'
import { variables } from './variables.ts'

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The value of each variable. */
export type Values = {
  readonly [Name in keyof typeof variables]: z.output<(typeof variables)[Name]['schema']>
}

/** Notes what is wrong with a variable. */
export type Report = (path: string, code: ConfigProblem['code'], message: string) => void

/**
 * Reads every variable, secrets also from files.
 *
 * @returns `undefined` when a variable cannot be used; `report` was told why
 */
export function readVariables(environment: Environment, report: Report): Values | undefined {
  const refused: string[] = []
  const refuse: Report = (...problem) => {
    refused.push(problem[0])
    report(...problem)
  }
  const values = Object.entries<Variable>(variables).map(([name, variable]) => {
    const text = variable.isSecret ? readSecret(environment, name, refuse) : setText(environment, name)
    const { data, error } = variable.schema.safeParse(text)
    for (const issue of error?.issues ?? []) refuse(name, problemCode(issue), issue.message)
    return [name, data] as const
  })
  return refused.length === 0 ? (Object.fromEntries(values) as Values) : undefined
}

/** A variable's text; an empty one counts as unset. */
export const setText = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined

/** The variable itself, or the content of the file that `<name>_FILE` names. */
function readSecret(environment: Environment, name: string, report: Report): string | undefined {
  const value = setText(environment, name)
  const file = setText(environment, `${name}_FILE`)
  if (file === undefined) return value
  if (value !== undefined) {
    report(name, 'ALFRED_CONFIG_CONFLICT', `is set, and so is ${name}_FILE: set one of them.`)
    return undefined
  }
  try {
    const content = readFileSync(file, 'utf8').trim()
    if (content !== '') return content
    report(`${name}_FILE`, 'ALFRED_CONFIG_MISSING', 'names an empty file.')
  } catch {
    report(`${name}_FILE`, 'ALFRED_CONFIG_OUT_OF_RANGE', 'names a file that cannot be read.')
  }
  return undefined
}
