import {
  createExemptionMatcher,
  createGuardedFunction,
  type Lifecycle,
  lifecycle,
  type Middleware,
  oncePerRequest,
  reducedCapacity,
  repeat,
  retryAfterSeconds,
  runDetached,
  sendRefusal,
  whenFinished,
  withCheckedTarget,
} from '@alfred/core'
import { type LoadShedderOptions, resolveLoadShedderOptions } from './load-shedder-options.ts'

/** Why a request is refused. */
type Overload = 'event-loop-delay' | 'in-flight'

/** Refuses requests while the process has too much to do, so that those it takes are served in time. */
export interface LoadShedder extends Lifecycle {
  readonly middleware: Middleware
  /** Requests under way; 0 where they are not counted. */
  readonly inFlight: number
  /** Whether the event loop is late and requests are refused for it. */
  readonly isOverloaded: boolean
}

/** A single late reading is a pause (a collection of garbage, a start); so many in a row are overload. */
const readingsInRow = 2

/**
 * So many requests after each reading pass a late event loop: some must, and where no more come there is nothing that
 * refusing them would end. A loop that is late is also read less often.
 */
const servedPerReading = 5

/** Overload is over when what is measured falls below this part of its limit. */
const over = 0.5

/**
 * Builds a load shedder. A request that is refused gets 503 with `Retry-After` at once, before its body is read.
 *
 * The event loop's delay is read in the background, so a request costs one look at a flag; with `maxInFlight`
 * also a count up and down.
 *
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createLoadShedder } from '@alfred/server'
 *
 * const shedder = createLoadShedder({ maxInFlight: 500, exempt: ['/livez', '/readyz'] })
 *
 * createServer((request, response) => {
 *   shedder.middleware(request, response, () => response.end('hello'))
 * }).listen(3000)
 * ```
 */
export function createLoadShedder(options: LoadShedderOptions = {}): LoadShedder {
  const resolved = resolveLoadShedderOptions(options)
  const { maxEventLoopDelayMs, maxInFlight, retryAfterMs, retryAfterJitterMs, clock, logger, events } =
    resolved
  const isExempt = createExemptionMatcher(resolved.exempt, { option: 'loadShedding.exempt', logger })
  const watchesLoop = maxEventLoopDelayMs !== Infinity
  const countsRequests = maxInFlight !== Infinity
  const overloaded: Record<Overload, boolean> = { 'event-loop-delay': false, 'in-flight': false }
  let inFlight = 0
  let lateReadings = 0
  let sinceReading = 0

  const change = (reason: Overload, isOverloaded: boolean): void => {
    if (overloaded[reason] === isOverloaded) return
    overloaded[reason] = isOverloaded
    const text = isOverloaded ? 'overloaded: requests are refused' : 'no longer overloaded'
    logger[isOverloaded ? 'warn' : 'info']({ reason, inFlight }, text)
    events?.emit('load.changed', { overloaded: isOverloaded, reason })
  }

  const delay = watchesLoop ? resolved.eventLoopDelay() : undefined
  const readDelay =
    delay &&
    createGuardedFunction<[], number | undefined>({
      name: 'loadShedding.eventLoopDelay',
      call: () => delay.takeMeanMs(),
      read(answer) {
        if (typeof answer === 'number' && answer >= 0) return answer
        throw new TypeError('loadShedding.eventLoopDelay.takeMeanMs must return a number from 0')
      },
      fallback: undefined,
      consequence: 'the reading is left out',
      logger,
    })
  const sampling =
    delay &&
    repeat(clock, resolved.sampleMs, () => {
      const meanMs = readDelay?.()
      if (meanMs === undefined) return
      sinceReading = 0
      lateReadings = meanMs > maxEventLoopDelayMs ? lateReadings + 1 : 0
      if (lateReadings >= readingsInRow) change('event-loop-delay', true)
      else if (meanMs <= maxEventLoopDelayMs * over) change('event-loop-delay', false)
    })

  const leave = (): void => {
    inFlight--
    if (overloaded['in-flight'] && inFlight <= maxInFlight * over) change('in-flight', false)
  }

  const overload = (): Overload | undefined => {
    if (overloaded['event-loop-delay'] && sinceReading++ >= servedPerReading) return 'event-loop-delay'
    if (inFlight < maxInFlight) return undefined
    change('in-flight', true)
    return 'in-flight'
  }

  return {
    middleware: oncePerRequest(
      withCheckedTarget((request, response, next) => {
        const reason = overload()
        if (reason !== undefined && !isExempt(request)) {
          events?.emit('load.shed', { reason })
          const seconds = retryAfterSeconds(retryAfterMs, retryAfterJitterMs, Math.random)
          const problem = { ...reducedCapacity, extensions: { 'violated-policies': [reason] } }
          sendRefusal(request, response, problem, seconds, clock)
          return
        }
        if (countsRequests) {
          inFlight++
          whenFinished(response, leave)
        }
        next()
      }),
    ),
    get inFlight() {
      return inFlight
    },
    get isOverloaded() {
      return overloaded['event-loop-delay']
    },
    ...lifecycle(() => {
      sampling?.cancel()
      runDetached(
        () => delay?.close(),
        (error) => {
          logger.error({ err: error }, 'loadShedding.eventLoopDelay did not close')
        },
      )
    }),
  }
}
