import { observed, option, type Options, readOptions } from '@alfred/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

const schema = option.custom<StandardSchemaV1>((value, report) => {
  const isSchema =
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value
  if (isSchema) return value as StandardSchemaV1
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a zod schema or another Standard Schema.')
  return undefined
})

const schemasRule = option.object({
  body: schema.optional(),
  headers: schema.optional(),
  params: schema.optional(),
  query: schema.optional(),
})

const validateRule = option.object({
  /**
   * Query parameters that may be there several times; the schema gets them as a list, even of one.
   * @default []
   */
  repeatable: option.list(option.string()).default([]),
  /**
   * The most errors named in one answer.
   * @default 20
   */
  maxErrors: option.integer({ min: 1, max: 1000 }).default(20),
  /**
   * How long asynchronous schemas may take, in milliseconds; then the request ends with
   * `ALFRED_VALIDATION_TIMEOUT` at the error handler.
   * @default 10_000
   */
  schemaTimeoutMs: option.integer({ min: 1, max: 600_000 }).default(10_000),
  /** Told of every refusal as `validation.rejected`. */
  events: observed.events,
  /** Told of every refusal at level debug. @default silent */
  logger: observed.logger,
  /** @default the machine's time */
  clock: observed.clock,
})

/** Options of `validate`. */
export interface ValidateOptions extends Options<typeof validateRule> {}

/** Checks schemas and options and fills in the defaults. */
export function resolveValidateOptions(schemas: unknown, options: ValidateOptions = {}) {
  readOptions('validate', schemas, schemasRule)
  const { repeatable, ...read } = readOptions('validate', options, validateRule)
  return Object.freeze({ ...read, repeatable: new Set(repeatable) })
}

/** The options with everything decided. */
export type ResolvedValidateOptions = ReturnType<typeof resolveValidateOptions>
