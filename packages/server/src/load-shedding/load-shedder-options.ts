import { exemptPathsRule, observed, option, type Options, readOptions, type Resolved } from '@alfred/core'
import { createEventLoopDelay, type EventLoopDelay } from './event-loop-delay.ts'

const orOff = option.anyOf(
  'a whole number from 1, or false',
  option.oneOf(false),
  option.integer({ min: 1, max: 10_000_000 }),
)
const waitRule = option.integer({ min: 0, max: 3_600_000 })

const loadShedderRule = option
  .object({
    /**
     * Mean delay of the event loop above which, read twice in a row, requests are refused, until it is below half of
     * it again; `false` does not look at it.
     *
     * @default 250
     */
    maxEventLoopDelayMs: orOff.default(250),
    /**
     * Most requests under way at once, event streams among them; `false` does not count.
     *
     * @default false
     */
    maxInFlight: orOff.default(false),
    /**
     * Requests that are never refused: paths, `/*` at the end of one for what is below it, or a function.
     *
     * @default none
     */
    exempt: exemptPathsRule.optional(),
    /**
     * The least that `Retry-After` says.
     *
     * @default 1000
     */
    retryAfterMs: waitRule.default(1000),
    /**
     * Up to so much is added to it at random, so that the refused do not come back together.
     *
     * @default 4000
     */
    retryAfterJitterMs: waitRule.default(4000),
    /**
     * How often the delay of the event loop is read.
     *
     * @default 200
     */
    sampleMs: option.integer({ min: 10, max: 60_000 }).default(200),
    /** Where the delay is read from. @default `monitorEventLoopDelay` of `node:perf_hooks` */
    eventLoopDelay: option.withMethods<EventLoopDelay>('takeMeanMs', 'close').optional(),
    /** @default discards everything */
    logger: observed.logger,
    /** @default the machine's own time */
    clock: observed.clock,
    /** Receives `load.changed` and `load.shed`. */
    events: observed.events,
  })
  .check(({ maxEventLoopDelayMs, maxInFlight }, report) => {
    if (maxEventLoopDelayMs !== false || maxInFlight !== false) return
    report.add('ALFRED_CONFIG_CONFLICT', 'sheds nothing: give maxEventLoopDelayMs or maxInFlight a number.')
  })
  .map(({ eventLoopDelay, ...read }) => ({
    ...read,
    maxEventLoopDelayMs: read.maxEventLoopDelayMs || Infinity,
    maxInFlight: read.maxInFlight || Infinity,
    eventLoopDelay: () => eventLoopDelay ?? createEventLoopDelay(),
  }))

/** Options of `createLoadShedder`, and of `loadShedding` in the whole stack's configuration. */
export interface LoadShedderOptions extends Options<typeof loadShedderRule> {}

/** {@link LoadShedderOptions} with their defaults. */
export type ResolvedLoadShedderOptions = Resolved<typeof loadShedderRule>

/** Checks the options and fills in the defaults. */
export const resolveLoadShedderOptions = (options: LoadShedderOptions): ResolvedLoadShedderOptions =>
  readOptions('loadShedding', options, loadShedderRule)
