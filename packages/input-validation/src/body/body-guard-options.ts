import {
  type Clock,
  clockRule,
  createExemptionMatcher,
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type PathMatch,
  type RequestMatcher,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { JsonLimits } from './json-fault.ts'
import { bodyGuardPeers } from './body-guard-peers.ts'

/** Options of `createBodyGuard`. */
export interface BodyGuardOptions {
  /**
   * Media types that are read, all of them as JSON; `application/*+json` takes every subtype with that suffix.
   * @default ['application/json', 'application/*+json']
   */
  readonly contentTypes?: readonly string[] | undefined
  /**
   * The most bytes of a body, declared or real.
   * @default 1_048_576 (1 MiB)
   */
  readonly maxBytes?: number | undefined
  /**
   * The most objects and arrays inside each other.
   * @default 32
   */
  readonly maxDepth?: number | undefined
  /**
   * The most members of all objects together.
   * @default 10_000
   */
  readonly maxKeys?: number | undefined
  /**
   * The most elements of any one array.
   * @default 10_000
   */
  readonly maxArrayLength?: number | undefined
  /**
   * How long a body may take from the request's head to its last byte, in milliseconds.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Requests whose body is left unread, such as uploads: a path, a path with `/*` at its end for what
   * is below it, several, or a function.
   * @default none
   */
  readonly skip?: PathMatch | undefined
  /** Told of every refusal as `validation.rejected`. */
  readonly events?: EventBus | undefined
  /** Told of every refusal at level debug. @default silent */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

/** The options with everything decided. */
export interface ResolvedBodyGuardOptions {
  readonly contentTypes: readonly string[]
  readonly maxBytes: number
  readonly limits: JsonLimits
  readonly timeoutMs: number
  readonly skips: RequestMatcher
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const mediaType = option.string({
  pattern: /^[a-z0-9!#$&^_.+-]+\/(?:\*\+json|[a-z0-9!#$&^_.+-]+)$/i,
  hint: 'a media type without parameters, or application/*+json',
})
/** JSON by their names, and the types of one JSON document that were registered before the suffix. */
const jsonType = /^[^/]+\/(?:(?:.+\+)?json|\*\+json|csp-report)$/i

/** A body of any other type would be read as JSON all the same, and refused. */
const jsonMediaType: OptionRule<string> = (value, report) => {
  const type = mediaType(value, report)
  if (type === undefined || jsonType.test(type)) return type
  report.add(
    'ALFRED_CONFIG_CONFLICT',
    'must be a type of JSON, which is all that is read here; exempt other bodies with skip.',
  )
  return undefined
}

const optionsRule = option.objectOf<BodyGuardOptions>(
  {
    contentTypes: option.list(jsonMediaType, { min: 1 }),
    maxBytes: option.integer({ min: 1, max: 2 ** 28 }),
    maxDepth: option.integer({ min: 1, max: 10_000 }),
    maxKeys: option.integer({ min: 1 }),
    maxArrayLength: option.integer({ min: 1 }),
    timeoutMs: option.integer({ min: 1 }),
    skip: exemptPathsRule,
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { peers: bodyGuardPeers },
)

/** Checks the options and fills in the defaults. */
export function resolveBodyGuardOptions(options: BodyGuardOptions = {}): ResolvedBodyGuardOptions {
  const given = readOptions('bodyGuard', options, optionsRule)
  const logger = given.logger ?? noopLogger
  return Object.freeze({
    contentTypes: given.contentTypes ?? ['application/json', 'application/*+json'],
    maxBytes: given.maxBytes ?? 2 ** 20,
    limits: Object.freeze({
      maxDepth: given.maxDepth ?? 32,
      maxKeys: given.maxKeys ?? 10_000,
      maxArrayLength: given.maxArrayLength ?? 10_000,
    }),
    timeoutMs: given.timeoutMs ?? 30_000,
    skips: createExemptionMatcher(given.skip, { option: 'bodyGuard.skip', logger }),
    events: given.events,
    logger,
    clock: given.clock ?? systemClock,
  })
}
