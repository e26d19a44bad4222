/** What counts where something is too long or too short. */
export type SizeUnit = 'bytes' | 'characters' | 'code-units' | 'elements'

/** Why a value does not fit: a code, and what of the schema a client needs to do better. All of it comes from the schema. */
export interface Reason {
  /** A stable name, such as `required` or `too-long`; or the author's own. */
  readonly code: string
  /** The author's own sentence. */
  readonly message?: string | undefined
  /** The type that is expected. */
  readonly expected?: string | undefined
  readonly minimum?: number | string | undefined
  readonly exclusiveMinimum?: number | string | undefined
  readonly maximum?: number | string | undefined
  readonly exclusiveMaximum?: number | string | undefined
  /** What is counted; absent for values that are compared. */
  readonly unit?: SizeUnit | undefined
  /** The name of the format that is expected, such as `email`. */
  readonly format?: string | undefined
  /** The values that are allowed. */
  readonly allowed?: readonly (boolean | number | string)[] | undefined
  /** The member that is likely meant. */
  readonly suggestion?: string | undefined
}

/** What stands in a problem about the reason, beside code and sentence. */
export type ReasonMembers = Omit<Reason, 'code' | 'message'>

/** The most values that are named to a client. */
const maxAllowed = 50

/** A single value may be a secret. A list that is too long to be read, and values that JSON has no form for, are left out. */
export function allowedValues(values: unknown): Reason['allowed'] {
  if (!Array.isArray(values) || values.length < 2 || values.length > maxAllowed) return undefined
  const named = values.filter(
    (value: unknown) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean',
  )
  return named.length === values.length ? named : undefined
}

/** Bounds of numbers, bigints, dates and texts. */
export function boundOf(value: unknown): number | string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint' || typeof value === 'string') return String(value)
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
}

/** The reason for a value beyond a bound; `invalid` where the bound has no form in JSON. */
export function sizeReason(
  isTooBig: boolean,
  bound: unknown,
  unit: SizeUnit | undefined,
  isExclusive = false,
): Reason {
  const value = boundOf(bound)
  if (value === undefined) return { code: 'invalid' }
  const name = isTooBig ? 'aximum' : 'inimum'
  const member = isExclusive ? { [`exclusiveM${name}`]: value } : { [`m${name}`]: value }
  if (unit === undefined) return { code: isTooBig ? 'too-big' : 'too-small', ...member }
  return { code: isTooBig ? 'too-long' : 'too-short', ...member, unit }
}

const ownCode = /^[a-z][a-z0-9-]{0,63}$/

/** A code that an author chose, if it is formed like ours. */
export const readOwnCode = (code: unknown): string | undefined =>
  typeof code === 'string' && ownCode.test(code) ? code : undefined
