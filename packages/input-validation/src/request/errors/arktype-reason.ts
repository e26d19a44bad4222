import { allowedValues, type Reason, sizeReason } from './reason.ts'

/** What ArkType puts on its errors, beside what a client sent. Its messages name that, so they are not read. */
interface ArkErrorFields {
  readonly code?: unknown
  readonly expected?: unknown
  readonly rule?: unknown
  readonly errors?: unknown
}

const isExclusive = (expected: unknown): boolean =>
  typeof expected === 'string' && /^(?:less|more) than/.test(expected)

const literal = (text: unknown): unknown => {
  try {
    return JSON.parse(String(text)) as unknown
  } catch {
    return undefined
  }
}

/** The values of a union of which every branch is one value. */
function unionValues(errors: unknown): Reason['allowed'] {
  if (!Array.isArray(errors)) return undefined
  const units = errors.map((error: ArkErrorFields) =>
    error.code === 'unit' ? literal(error.expected) : undefined,
  )
  return allowedValues(units)
}

/** The reason of an error of ArkType. */
export function arkTypeReason(error: object, isMissing: boolean): Reason {
  const { code, expected, rule, errors }: ArkErrorFields = error
  switch (code) {
    case 'required':
      return { code: 'required' }
    case 'minLength':
    case 'maxLength':
      return sizeReason(code === 'maxLength', rule, 'characters')
    case 'min':
    case 'after':
      return sizeReason(false, rule, undefined, isExclusive(expected))
    case 'max':
    case 'before':
      return sizeReason(true, rule, undefined, isExclusive(expected))
    case 'pattern':
      return { code: 'wrong-format' }
    case 'unit':
      return { code: 'not-allowed', allowed: allowedValues([literal(expected)]) }
    case 'domain':
    case 'proto':
      return isMissing ? { code: 'required' } : { code: 'wrong-type', expected: String(expected) }
    case 'predicate':
      return { code: expected === 'removed' ? 'unknown-member' : 'invalid' }
    case 'union': {
      const allowed = unionValues(errors)
      return allowed ? { code: 'not-allowed', allowed } : { code: isMissing ? 'required' : 'invalid' }
    }
    default:
      return { code: isMissing ? 'required' : 'invalid' }
  }
}
