import {
  type Clock,
  clockRule,
  createEventBus,
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type PathMatch,
  readOptions,
  systemClock,
} from '@alfred/core'
import { createEventLoopDelay, type EventLoopDelay } from './event-loop-delay.ts'

/** Options of `createLoadShedder`, and of `loadShedding` in the whole stack's configuration. */
export interface LoadShedderOptions {
  /**
   * Mean delay of the event loop above which, read twice in a row, requests are refused, until it is below half of
   * it again; `false` does not look at it.
   *
   * @default 250
   */
  readonly maxEventLoopDelayMs?: number | false | undefined
  /**
   * Most requests under way at once, event streams among them; `false` does not count.
   *
   * @default false
   */
  readonly maxInFlight?: number | false | undefined
  /**
   * Requests that are never refused: paths, `/*` at the end of one for what is below it, or a function.
   *
   * @default none
   */
  readonly exempt?: PathMatch | undefined
  /**
   * The least that `Retry-After` says.
   *
   * @default 1000
   */
  readonly retryAfterMs?: number | undefined
  /**
   * Up to so much is added to it at random, so that the refused do not come back together.
   *
   * @default 4000
   */
  readonly retryAfterJitterMs?: number | undefined
  /**
   * How often the delay of the event loop is read.
   *
   * @default 200
   */
  readonly sampleMs?: number | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's clock */
  readonly clock?: Clock | undefined
  /** @default a bus of its own */
  readonly events?: EventBus | undefined
  /** Where the delay is read from. @default `monitorEventLoopDelay` of `node:perf_hooks` */
  readonly eventLoopDelay?: EventLoopDelay | undefined
}

/** {@link LoadShedderOptions} with their defaults. */
export interface ResolvedLoadShedderOptions {
  readonly maxEventLoopDelayMs: number
  readonly maxInFlight: number
  readonly exempt: PathMatch | undefined
  readonly retryAfterMs: number
  readonly retryAfterJitterMs: number
  readonly sampleMs: number
  readonly logger: Logger
  readonly clock: Clock
  readonly events: EventBus
  readonly eventLoopDelay: () => EventLoopDelay
}

const orOff = option.anyOf<number | false>(
  'a whole number from 1, or false',
  option.oneOf(false),
  option.integer({ min: 1, max: 10_000_000 }),
)
const waitRule = option.integer({ min: 0, max: 3_600_000 })

const shape = option.object<LoadShedderOptions>({
  maxEventLoopDelayMs: orOff,
  maxInFlight: orOff,
  exempt: exemptPathsRule,
  retryAfterMs: waitRule,
  retryAfterJitterMs: waitRule,
  sampleMs: option.integer({ min: 10, max: 60_000 }),
  logger: loggerRule,
  clock: clockRule,
  events: eventBusRule,
  eventLoopDelay: option.withMethods<EventLoopDelay>('takeMeanMs', 'close'),
})

const rule: OptionRule<LoadShedderOptions> = (value, report) => {
  const read = shape(value, report)
  if (read?.maxEventLoopDelayMs === false && (read.maxInFlight ?? false) === false) {
    report.add('ALFRED_CONFIG_CONFLICT', 'sheds nothing: give maxEventLoopDelayMs or maxInFlight a number.')
  }
  return read
}

/** Checks the options and fills in the defaults. */
export function resolveLoadShedderOptions(options: LoadShedderOptions): ResolvedLoadShedderOptions {
  const read = readOptions('loadShedding', options, rule)
  const { maxEventLoopDelayMs = 250, maxInFlight = false, logger = noopLogger, eventLoopDelay } = read
  return Object.freeze({
    maxEventLoopDelayMs: maxEventLoopDelayMs || Infinity,
    maxInFlight: maxInFlight || Infinity,
    exempt: read.exempt,
    retryAfterMs: read.retryAfterMs ?? 1000,
    retryAfterJitterMs: read.retryAfterJitterMs ?? 4000,
    sampleMs: read.sampleMs ?? 200,
    logger,
    clock: read.clock ?? systemClock,
    events: read.events ?? createEventBus(logger),
    eventLoopDelay: () => eventLoopDelay ?? createEventLoopDelay(),
  })
}
