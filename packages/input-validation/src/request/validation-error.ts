import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { RequestPart } from './request-input.ts'

/** One reason why a request did not fit its schemas. It holds no value of the request. */
export interface ValidationError {
  /**
   * Where it is, as a JSON Pointer (RFC 6901) into `{ body, query, params, headers }`: `/body/messages/0/role`.
   * It ends at the parent of a name that is no plain identifier, so that no free text is sent back.
   */
  readonly pointer: string
  /** A stable name for the reason, such as `required` or `too-long`. */
  readonly code: string
  /** The reason as a sentence. */
  readonly detail: string
}

const sendableSegment = /^[\w$-]{1,64}$/

function readPath(issue: StandardSchemaV1.Issue): readonly PropertyKey[] {
  return (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
}

/** Where in a request something is; see {@link ValidationError.pointer}. */
export function pointerTo(part: RequestPart, path: readonly PropertyKey[]): string {
  let pointer = `/${part}`
  for (const segment of path) {
    const text = String(segment)
    // No name that passes needs the escapes of RFC 6901, ~0 and ~1.
    if (!sendableSegment.test(text)) break
    pointer += `/${text}`
  }
  return pointer
}

function isMissing(input: unknown, path: readonly PropertyKey[]): boolean {
  let value = input
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return true
    value = (value as Record<PropertyKey, unknown>)[segment]
  }
  return value === undefined
}

/** What zod 4 puts on its issues; other libraries' issues have none of it. All of it comes from the schema. */
interface ZodIssueFields {
  readonly code?: unknown
  readonly expected?: unknown
  readonly origin?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly params?: unknown
}

type Reason = Pick<ValidationError, 'code' | 'detail'>

const reason = (code: string, detail: string): Reason => ({ code, detail })

const countable: Readonly<Record<string, string>> = {
  string: ' characters',
  array: ' elements',
  set: ' elements',
  file: ' bytes',
  bytes: ' bytes',
  units: ' UTF-16 code units',
}

function sizeReason(issue: ZodIssueFields, tooBig: boolean): Reason {
  const unit = typeof issue.origin === 'string' ? (countable[issue.origin] ?? '') : ''
  const bound = `${String(tooBig ? issue.maximum : issue.minimum)}${unit}`
  if (unit === '')
    return reason(tooBig ? 'too-big' : 'too-small', `Must be at ${tooBig ? 'most' : 'least'} ${bound}.`)
  return reason(tooBig ? 'too-long' : 'too-short', `Must have at ${tooBig ? 'most' : 'least'} ${bound}.`)
}

const customReasons: Readonly<Record<string, Reason>> = {
  'lone-surrogate': reason('lone-surrogate', 'Must be well-formed Unicode text.'),
  'host-not-allowed': reason('host-not-allowed', 'Names a host that is not allowed.'),
  'not-sanitized': reason('not-sanitized', 'Could not be made safe to show.'),
  'refused-content': reason('refused-content', 'Has content that is not accepted here.'),
  'unknown-placeholder': reason('unknown-placeholder', 'Has a placeholder that is not declared.'),
  'nul-character': reason('nul-character', 'Must not contain the character U+0000.'),
}

/** The sentence for an issue. A schema's own messages are not used: they may quote the input. */
function reasonFor(issue: ZodIssueFields, missing: boolean): Reason {
  switch (issue.code) {
    case 'invalid_type':
      if (missing) return reason('required', 'Is required.')
      return reason('wrong-type', `Must be of type ${String(issue.expected)}.`)
    case 'too_big':
      return sizeReason(issue, true)
    case 'too_small':
      return sizeReason(issue, false)
    case 'invalid_format':
      return reason('wrong-format', 'Is not in the expected format.')
    case 'unrecognized_keys':
      return reason('unknown-member', 'Has members that are not known.')
    case 'invalid_value':
      return reason('not-allowed', 'Is none of the allowed values.')
    case 'custom': {
      const { params } = issue
      const code: unknown =
        typeof params === 'object' && params !== null ? Reflect.get(params, 'code') : undefined
      const known =
        typeof code === 'string' && Object.hasOwn(customReasons, code) ? customReasons[code] : undefined
      return known ?? reason('invalid', 'Is not valid.')
    }
    default:
      return missing ? reason('required', 'Is required.') : reason('invalid', 'Is not valid.')
  }
}

/** Turns what a schema found in one part of a request into errors that may be sent. */
export function toValidationErrors(
  part: RequestPart,
  input: unknown,
  issues: readonly StandardSchemaV1.Issue[],
  limit: number,
): ValidationError[] {
  return issues.slice(0, limit).map((issue) => {
    const path = readPath(issue)
    return { pointer: pointerTo(part, path), ...reasonFor(issue as ZodIssueFields, isMissing(input, path)) }
  })
}

/** The error for a query parameter that is there more than once. */
export function repeatedParameter(name: string): ValidationError {
  return {
    pointer: pointerTo('query', [name]),
    code: 'repeated',
    detail: 'Must be given once.',
  }
}
