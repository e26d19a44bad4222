import { allowedValues, type Reason, readOwnCode, sizeReason, type SizeUnit } from './reason.ts'

/** What zod 4 puts on its issues. All of it comes from the schema. */
interface ZodIssueFields {
  readonly code?: unknown
  readonly message?: unknown
  readonly expected?: unknown
  readonly format?: unknown
  readonly inclusive?: unknown
  readonly origin?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly values?: unknown
  readonly params?: unknown
}

const units: Readonly<Record<string, SizeUnit>> = {
  string: 'characters',
  array: 'elements',
  set: 'elements',
  file: 'bytes',
  bytes: 'bytes',
  units: 'code-units',
}

/** Formats that say nothing to a client: a pattern, and the fields of this package. */
const unnamedFormats: ReadonlySet<unknown> = new Set(['alfred', 'regex'])

/** How zod's own messages begin. They say nothing beyond the issue, and some name what a client sent. */
const byZod = /^(?:Invalid|Too (?:big|small)|Unrecognized key)/

function byAuthor(message: unknown): string | undefined {
  return typeof message === 'string' && message !== '' && !byZod.test(message) ? message : undefined
}

function reasonOf(issue: ZodIssueFields, isMissing: boolean): Reason {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing ? { code: 'required' } : { code: 'wrong-type', expected: String(issue.expected) }
    case 'too_big':
    case 'too_small': {
      const isTooBig = issue.code === 'too_big'
      const unit = typeof issue.origin === 'string' ? units[issue.origin] : undefined
      const bound = isTooBig ? issue.maximum : issue.minimum
      // zod says the bound of a date in milliseconds.
      const isDate = issue.origin === 'date' && typeof bound === 'number'
      return sizeReason(isTooBig, isDate ? new Date(bound) : bound, unit, issue.inclusive === false)
    }
    case 'invalid_format':
      return {
        code: 'wrong-format',
        format:
          typeof issue.format === 'string' && !unnamedFormats.has(issue.format) ? issue.format : undefined,
      }
    case 'invalid_value':
      return isMissing ? { code: 'required' } : { code: 'not-allowed', allowed: allowedValues(issue.values) }
    case 'custom': {
      const { params } = issue
      const code: unknown =
        typeof params === 'object' && params !== null ? Reflect.get(params, 'code') : undefined
      return { code: readOwnCode(code) ?? 'invalid' }
    }
    default:
      return { code: isMissing ? 'required' : 'invalid' }
  }
}

/** The reason of an issue of zod, with the author's message where there is one. */
export const zodReason = (issue: object, isMissing: boolean): Reason => {
  const fields: ZodIssueFields = issue
  return { ...reasonOf(fields, isMissing), message: byAuthor(fields.message) }
}
