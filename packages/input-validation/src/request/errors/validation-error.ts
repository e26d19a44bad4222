import { closestName } from '@alfred/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { arkTypeReason } from './arktype-reason.ts'
import { knownMembers } from './known-members.ts'
import { english } from './english.ts'
import { sentenceFor } from './sentences.ts'
import type { Reason, ReasonMembers } from './reason.ts'
import { valibotReason } from './valibot-reason.ts'
import { zodReason } from './zod-reason.ts'

/** The parts of a request that schemas can be given for. */
export type RequestPart = 'body' | 'headers' | 'params' | 'query'

/** One reason why a request did not fit its schemas. It holds no value of the request. */
export interface ValidationError extends ReasonMembers {
  /**
   * Where it is, as a JSON Pointer (RFC 6901) into `{ body, query, params, headers }`: `/body/messages/0/role`.
   * It ends at the parent of a name that is no plain identifier, so that no free text is sent back.
   */
  readonly pointer: string
  /** A stable name for the reason, such as `required` or `too-long`, or the one of the schema's author. */
  readonly code: string
  /** The reason as a sentence: ours, or the one of the schema's author. */
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

/** What stands at a path; `undefined` where nothing does. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
    value = (value as Record<PropertyKey, unknown>)[segment]
  }
  return value
}

const readers: Readonly<Record<string, (issue: object, isMissing: boolean) => Reason>> = {
  zod: zodReason,
  valibot: valibotReason,
  arktype: arkTypeReason,
}

function toError(part: RequestPart, path: readonly PropertyKey[], reason: Reason): ValidationError {
  const { code, message, allowed, ...members } = reason
  // Schemas of headers compare tokens.
  const shown = { ...members, allowed: part === 'headers' ? undefined : allowed }
  const named = Object.entries(shown).filter(([, value]) => value !== undefined)
  const error = { code, ...Object.fromEntries(named) }
  const detail = message ?? sentenceFor(english, error) ?? sentenceFor(english, { code: 'invalid' }) ?? ''
  return { pointer: pointerTo(part, path), ...error, detail }
}

/** A member that nobody knows, with the one that is likely meant. */
function unknownMember(
  part: RequestPart,
  schema: StandardSchemaV1,
  parent: readonly PropertyKey[],
  name: string,
): ValidationError {
  // A name that is free text is not sent back.
  if (!sendableSegment.test(name))
    return toError(part, parent, {
      code: 'unknown-member',
      message: english.errors['unknown-member:unnamed'],
    })
  const suggestion = closestName(name, knownMembers(schema, parent))
  return toError(part, [...parent, name], { code: 'unknown-member', suggestion })
}

const keysOf = (issue: object): readonly string[] | undefined => {
  const keys: unknown = 'keys' in issue ? issue.keys : undefined
  return Array.isArray(keys) ? keys.map(String) : undefined
}

/** Turns what a schema found in one part of a request into errors that may be sent. */
export function toValidationErrors(
  part: RequestPart,
  schema: StandardSchemaV1,
  input: unknown,
  issues: readonly StandardSchemaV1.Issue[],
  limit: number,
): readonly ValidationError[] {
  const read = readers[schema['~standard'].vendor]
  return issues
    .slice(0, limit)
    .flatMap((issue): readonly ValidationError[] => {
      const path = readPath(issue)
      const keys = keysOf(issue)
      if (read && keys) return keys.slice(0, limit).map((name) => unknownMember(part, schema, path, name))
      const value = valueAt(input, path)
      const missing = value === undefined
      const reason = read?.(issue, missing) ?? { code: missing ? 'required' : 'invalid' }
      if (reason.code === 'unknown-member')
        return [unknownMember(part, schema, path.slice(0, -1), String(path.at(-1)))]
      // Only the value says what is counted: these libraries have one check for texts and lists.
      const unit = Array.isArray(value) && reason.unit === 'characters' ? 'elements' : reason.unit
      return [toError(part, path, { ...reason, unit })]
    })
    .slice(0, limit)
}

/** The error for a query parameter that is there more than once. */
export const repeatedParameter = (name: string): ValidationError =>
  toError('query', [name], { code: 'repeated' })
