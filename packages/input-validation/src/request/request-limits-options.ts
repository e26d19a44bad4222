import {
  createExemptionMatcher,
  exemptPathsRule,
  observed,
  option,
  type Options,
  readOptions,
} from '@alfred/core'
import { requestLimitsPeers } from './request-limits-peers.ts'

/** What becomes of a query parameter that is there several times. */
export type RepeatedParameters = 'first' | 'last' | 'list' | 'reject'

const repeated = option.oneOf('first', 'last', 'list', 'reject')

const requestLimitsRule = option.object(
  {
    /** The most characters of the request's target, path and query together. @default 8_192 */
    maxUrlLength: option.integer({ min: 1 }).default(8192),
    /** The most parameters of a query. @default 100 */
    maxParameters: option.integer({ min: 0 }).default(100),
    /**
     * The most pairs of brackets in a parameter's name, which parsers such as qs turn into objects.
     * @default 5
     */
    maxParameterDepth: option.integer({ min: 0 }).default(5),
    /**
     * A parameter that is there several times: `list` leaves all, which is how OpenAPI and forms send arrays; `first` and
     * `last` leave only that one in the request's URL (names with brackets are refused); `reject` answers 400.
     *
     * Proxies, frameworks and handlers disagree on which of two values counts, and what one of them checked
     * another may not use (HTTP parameter pollution). Routes with `validate()` refuse what `repeatable` does not name.
     * @default 'list'
     */
    repeatedParameters: repeated.default('list'),
    /** The same for single parameters, by their names. @default {} */
    repeatedByName: option.record(repeated).default({}),
    /** The most header fields. @default 100 */
    maxHeaders: option.integer({ min: 1 }).default(100),
    /** The most characters of one header field's value. @default 8_192 */
    maxHeaderLength: option.integer({ min: 1 }).default(8192),
    /** The most characters of all names and values together; Node refuses more than 16 KiB itself. @default 16_384 */
    maxHeadersLength: option.integer({ min: 1 }).default(16_384),
    /** Requests that are not looked at: a path, a path with `/*` at its end, several, or a function. @default none */
    skip: exemptPathsRule.optional(),
    /** Told of every refusal as `validation.rejected`. */
    events: observed.events,
    /** Told of every refusal at level debug. @default silent */
    logger: observed.logger,
  },
  { peers: requestLimitsPeers },
)

/** Options of `createRequestLimits`. */
export interface RequestLimitsOptions extends Options<typeof requestLimitsRule> {}

/** Checks the options, fills in the defaults and compiles what is skipped. */
export function resolveRequestLimitsOptions(options: RequestLimitsOptions = {}) {
  const { repeatedParameters, repeatedByName, skip, ...read } = readOptions(
    'requestLimits',
    options,
    requestLimitsRule,
  )
  const byName = new Map(Object.entries(repeatedByName))
  return Object.freeze({
    ...read,
    /** @returns what to do with a parameter of this name */
    repeated: (name: string): RepeatedParameters => byName.get(name) ?? repeatedParameters,
    skips: createExemptionMatcher(skip, { option: 'requestLimits.skip', logger: read.logger }),
  })
}

/** The options with everything decided. */
export type ResolvedRequestLimitsOptions = ReturnType<typeof resolveRequestLimitsOptions>
