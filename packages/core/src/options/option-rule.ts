import type { ConfigProblem, ConfigProblemCode } from '../errors/config-problem.ts'

/**
 * Checks one option. Returns the accepted value, or reports what is wrong to `report` and returns
 * `undefined`. Rules never put the value itself into a message.
 */
export type OptionRule<T> = (value: unknown, report: ProblemReport) => T | undefined

/** Where a rule reports to; knows the path of the option under check. */
export interface ProblemReport {
  /** The option under check, as in `rateLimit.policies[0].limit`; empty for a whole configuration. */
  readonly path: string
  add(code: ConfigProblemCode, message: string, suggestion?: string): void
  /** Takes over what a report of the same path collected. */
  addAll(problems: readonly ConfigProblem[]): void
  /** The report for a member of the option under check. */
  at(key: string | number): ProblemReport
}

/** Applies a rule; a value that throws when it is looked at, such as a revoked proxy, is a problem like others. */
export function applyRule<T>(rule: OptionRule<T>, value: unknown, report: ProblemReport): T | undefined {
  try {
    return rule(value, report)
  } catch {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'cannot be read: inspecting it throws.')
    return undefined
  }
}

/** Builds a report that collects into `problems`, for the option at `path`. */
export function createProblemReport(problems: ConfigProblem[], path: string): ProblemReport {
  return {
    path,
    add(code, message, suggestion) {
      problems.push({ path, code, message, ...(suggestion === undefined ? {} : { suggestion }) })
    },
    addAll(found) {
      problems.push(...found)
    },
    at: (key) => createProblemReport(problems, memberPath(path, key)),
  }
}

/** The longest key that a path shows in full: a text that was put in place of a name may be a secret. */
const maxKeyLength = 64

function memberPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${String(key)}]`
  // Escaped, so that a key with line breaks cannot forge another problem.
  const name = /^[\w$@./*:-]{1,64}$/.test(key) ? key : JSON.stringify(shorten(key))
  return path === '' ? name : `${path}.${name}`
}

const shorten = (key: string): string => (key.length > maxKeyLength ? `${key.slice(0, 8)}…` : key)
