import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isOwnCheck } from '../fields/own-checks.ts'

type Validate = StandardSchemaV1['~standard']['validate']

/** What is read of a zod 4 schema, and of the checks in it. */
interface ZodNode {
  readonly _zod: { readonly def: Readonly<Record<string, unknown>>; readonly check?: unknown }
}

interface ZodSchema extends ZodNode {
  safeParseAsync(
    input: unknown,
  ): Promise<
    | { readonly success: true; readonly data: unknown }
    | { readonly success: false; readonly error: { readonly issues: readonly StandardSchemaV1.Issue[] } }
  >
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function isZodNode(value: unknown): value is ZodNode {
  if (!isObject(value) || !('_zod' in value)) return false
  return isObject(value._zod) && 'def' in value._zod && isObject(value._zod.def)
}

const isZodSchema = (value: unknown): value is ZodSchema =>
  isZodNode(value) && 'safeParseAsync' in value && typeof value.safeParseAsync === 'function'

/** Types whose parts are known when they run, or that stand for a promise. */
const opaqueTypes: ReadonlySet<unknown> = new Set(['custom', 'transform', 'lazy', 'promise', 'function'])

/** Whether a schema holds a function of the application, which may return a promise. */
function mayWait(value: unknown, seen: Set<object>): boolean {
  if (!isObject(value) || seen.has(value)) return false
  seen.add(value)
  if (Array.isArray(value)) return value.some((entry: unknown) => mayWait(entry, seen))
  if (!isZodNode(value)) {
    const isPlain = Object.getPrototypeOf(value) === Object.prototype
    return isPlain && Object.values(value).some((entry: unknown) => mayWait(entry, seen))
  }
  const { def, check } = value._zod
  if (def['check'] === 'custom' && !isOwnCheck(check)) return true
  if (opaqueTypes.has(def['type']) || typeof def['transform'] === 'function') return true
  return Object.values(def).some((entry) => mayWait(entry, seen))
}

/**
 * The validation of a schema. A zod schema tries to do without promises first: it calls an async refinement a second time when it
 * needs one, and nobody hears the first promise, whose rejection ends the process. So a schema with functions of the
 * application is run the async way at once.
 */
export function schemaValidator(schema: StandardSchemaV1): Validate {
  const standard = schema['~standard']
  if (standard.vendor !== 'zod' || !isZodSchema(schema) || !mayWait(schema, new Set())) {
    return (input) => standard.validate(input)
  }
  return async (input) => {
    const result = await schema.safeParseAsync(input)
    return result.success ? { value: result.data } : { issues: result.error.issues }
  }
}
