import {
  createExemptionMatcher,
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type PathMatch,
  type RequestMatcher,
  readOptions,
} from '@alfred/core'
import { requestLimitsPeers } from './request-limits-peers.ts'

/** What becomes of a query parameter that is there several times. */
export type RepeatedParameters = 'first' | 'last' | 'list' | 'reject'

/** Options of `createRequestLimits`. */
export interface RequestLimitsOptions {
  /** The most characters of the request's target, path and query together. @default 8_192 */
  readonly maxUrlLength?: number | undefined
  /** The most parameters of a query. @default 100 */
  readonly maxParameters?: number | undefined
  /**
   * The most pairs of brackets in a parameter's name, which parsers such as qs turn into objects.
   * @default 5
   */
  readonly maxParameterDepth?: number | undefined
  /**
   * A parameter that is there several times: `reject` answers 400, `first` and `last` leave only that one in
   * the request's URL (names with brackets are refused), `list` leaves all. A name that ends in `[]` says itself that it is a list.
   *
   * Proxies, frameworks and handlers disagree on which of two values counts, and what one of them checked
   * another may not use (HTTP parameter pollution).
   * @default 'reject'
   */
  readonly repeatedParameters?: RepeatedParameters | undefined
  /** The same for single parameters, by their names. @default {} */
  readonly repeatedByName?: Readonly<Record<string, RepeatedParameters>> | undefined
  /** The most header fields. @default 100 */
  readonly maxHeaders?: number | undefined
  /** The most characters of one header field's value. @default 8_192 */
  readonly maxHeaderLength?: number | undefined
  /** The most characters of all names and values together; Node refuses more than 16 KiB itself. @default 16_384 */
  readonly maxHeadersLength?: number | undefined
  /** Requests that are not looked at: a path, a path with `/*` at its end, several, or a function. @default none */
  readonly skip?: PathMatch | undefined
  /** Told of every refusal as `validation.rejected`. */
  readonly events?: EventBus | undefined
  /** Told of every refusal at level debug. @default silent */
  readonly logger?: Logger | undefined
}

/** The options with everything decided. */
export interface ResolvedRequestLimitsOptions {
  readonly maxUrlLength: number
  readonly maxParameters: number
  readonly maxParameterDepth: number
  /** @returns what to do with a parameter of this name */
  readonly repeated: (name: string) => RepeatedParameters
  readonly maxHeaders: number
  readonly maxHeaderLength: number
  readonly maxHeadersLength: number
  readonly skips: RequestMatcher
  readonly events: EventBus | undefined
  readonly logger: Logger
}

const repeated = option.oneOf('first', 'last', 'list', 'reject')

const optionsRule = option.objectOf<RequestLimitsOptions>(
  {
    maxUrlLength: option.integer({ min: 1 }),
    maxParameters: option.integer({ min: 0 }),
    maxParameterDepth: option.integer({ min: 0 }),
    repeatedParameters: repeated,
    repeatedByName: option.record(repeated),
    maxHeaders: option.integer({ min: 1 }),
    maxHeaderLength: option.integer({ min: 1 }),
    maxHeadersLength: option.integer({ min: 1 }),
    skip: exemptPathsRule,
    events: eventBusRule,
    logger: loggerRule,
  },
  { peers: requestLimitsPeers },
)

/** Checks the options and fills in the defaults. */
export function resolveRequestLimitsOptions(
  options: RequestLimitsOptions = {},
): ResolvedRequestLimitsOptions {
  const given = readOptions('requestLimits', options, optionsRule)
  const logger = given.logger ?? noopLogger
  const byName = new Map(Object.entries(given.repeatedByName ?? {}))
  const otherwise = given.repeatedParameters ?? 'reject'
  return Object.freeze({
    maxUrlLength: given.maxUrlLength ?? 8192,
    maxParameters: given.maxParameters ?? 100,
    maxParameterDepth: given.maxParameterDepth ?? 5,
    repeated: (name: string) => byName.get(name) ?? otherwise,
    maxHeaders: given.maxHeaders ?? 100,
    maxHeaderLength: given.maxHeaderLength ?? 8192,
    maxHeadersLength: given.maxHeadersLength ?? 16_384,
    skips: createExemptionMatcher(given.skip, { option: 'requestLimits.skip', logger }),
    events: given.events,
    logger,
  })
}
