import {
  type Clock,
  clockRule,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Options of `validate`. */
export interface ValidateOptions {
  /**
   * Query parameters that may be there several times; the schema gets them as a list, even of one.
   * @default []
   */
  readonly repeatable?: readonly string[] | undefined
  /**
   * The most errors named in one answer.
   * @default 20
   */
  readonly maxErrors?: number | undefined
  /**
   * How long asynchronous schemas may take, in milliseconds; then the request ends with
   * `ALFRED_VALIDATION_TIMEOUT` at the error handler.
   * @default 10_000
   */
  readonly schemaTimeoutMs?: number | undefined
  /** Told of every refusal as `validation.rejected`. */
  readonly events?: EventBus | undefined
  /** Told of every refusal at level debug. @default silent */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** The options with everything decided. */
export interface ResolvedValidateOptions {
  readonly repeatable: ReadonlySet<string>
  readonly maxErrors: number
  readonly schemaTimeoutMs: number
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const schema: OptionRule<StandardSchemaV1> = (value, report) => {
  const isSchema =
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value
  if (isSchema) return value as StandardSchemaV1
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a zod schema or another Standard Schema.')
  return undefined
}

const schemasRule = option.objectOf<
  Readonly<Partial<Record<'body' | 'headers' | 'params' | 'query', StandardSchemaV1>>>
>({
  body: schema,
  headers: schema,
  params: schema,
  query: schema,
})

const optionsRule = option.objectOf<ValidateOptions>({
  repeatable: option.list(option.string()),
  maxErrors: option.integer({ min: 1, max: 1000 }),
  schemaTimeoutMs: option.integer({ min: 1, max: 600_000 }),
  events: eventBusRule,
  logger: loggerRule,
  clock: clockRule,
})

/** Checks schemas and options and fills in the defaults. */
export function resolveValidateOptions(
  schemas: unknown,
  options: ValidateOptions = {},
): ResolvedValidateOptions {
  readOptions('validate', schemas, schemasRule)
  const given = readOptions('validate', options, optionsRule)
  return Object.freeze({
    repeatable: new Set(given.repeatable),
    maxErrors: given.maxErrors ?? 20,
    schemaTimeoutMs: given.schemaTimeoutMs ?? 10_000,
    events: given.events,
    logger: given.logger ?? noopLogger,
    clock: given.clock ?? systemClock,
  })
}
