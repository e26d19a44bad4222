import {
  asError,
  type Clock,
  createCircuitBreaker,
  type Logger,
  runWithDeadline,
  type Timer,
} from '@alfred/core'
import { DeliveryError } from './delivery-error.ts'
import type { Sink } from './sink.ts'

/** Why something was not delivered. */
export type DropReason = 'queue-full' | 'refused' | 'too-old' | 'closed'

/** What a {@link DeliveryQueue} tells of itself. */
export interface DeliveryListener {
  delivered(sink: string): void
  dropped(sink: string, reason: DropReason): void
  /** A sink was given up for a while, or took something again. */
  sinkChanged(sink: string, available: boolean): void
}

/** How things are delivered. */
export interface DeliverySettings {
  /** How many items may wait for one sink. */
  readonly queueSize: number
  /** How long one attempt may take, in ms. */
  readonly timeoutMs: number
  /** How long an item is tried again, in ms. */
  readonly maxAgeMs: number
}

/** What a {@link DeliveryQueue} is made of. */
export interface DeliveryQueueOptions<Item> extends DeliverySettings {
  readonly sink: Sink<Item>
  /** Of two waiting items with one key only the later is delivered. */
  readonly keyOf: (item: Item) => string | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** From 0 to 1. */
  readonly random: () => number
  readonly listener: DeliveryListener
}

/** Delivers to one sink, one item after the other, in the background. */
export interface DeliveryQueue<Item> {
  /** Takes an item; never throws, never waits. */
  push(item: Item): void
  /** Resolves when nothing waits any more, or after `timeoutMs`; then answers `false`. */
  flush(timeoutMs: number): Promise<boolean>
  /** As `flush`, without pauses between attempts; what is left is dropped. */
  close(timeoutMs: number): Promise<void>
  /** How many items wait, the one under way included. */
  readonly size: number
}

const firstPauseMs = 500
const maxPauseMs = 30_000
/** How soon after a failure an item that is new is tried, though the others pause. */
const newItemPauseMs = 1000
/** Failures in a row after which the sink is only tried now and then. */
const failuresToOpen = 5
const breakMs = 30_000

interface Waiting<Item> {
  readonly item: Item
  readonly key: string | undefined
  readonly sinceMs: number
  /** How often it has failed. */
  failures: number
}

/**
 * Builds a queue in front of a sink: bounded, with a deadline for each attempt, pauses that double up to 30 s with
 * full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), `Retry-After` respected,
 * and a circuit breaker that leaves a sink alone for 30 s after five failures in a row. An item that fails goes behind
 * those that have failed less: what a receiver cannot take holds up nothing else.
 */
export function createDeliveryQueue<Item>({
  sink,
  keyOf,
  queueSize,
  timeoutMs,
  maxAgeMs,
  clock,
  logger,
  random,
  listener,
}: DeliveryQueueOptions<Item>): DeliveryQueue<Item> {
  const waiting: Waiting<Item>[] = []
  const idle = new Set<() => void>()
  let busy = false
  const breaker = createCircuitBreaker({ clock, failuresToOpen, probeEveryMs: breakMs })
  let pause: Timer | undefined
  let wake: () => void = () => undefined
  /** When a new item may end the pause: never one that the receiver has requested. */
  let newItemAt: number | undefined
  let attempt: AbortController | undefined
  let closing = false
  let closed = false

  const drop = (reason: DropReason): void => {
    listener.dropped(sink.name, reason)
  }

  const attemptOnce = async (item: Item): Promise<unknown> => {
    const controller = new AbortController()
    attempt = controller
    const late = (): Error => new DeliveryError('the receiver did not answer in time')
    try {
      await runWithDeadline({ clock, timeoutMs, late, controller }, (signal) => sink.deliver(item, signal))
      return undefined
    } catch (error) {
      return asError(error)
    } finally {
      attempt = undefined
    }
  }

  const succeeded = (): void => {
    if (breaker.succeeded()) {
      logger.info({ sink: sink.name }, 'an alerting sink accepts deliveries again')
      listener.sinkChanged(sink.name, true)
    }
    listener.delivered(sink.name)
  }

  const failed = (error: unknown): void => {
    if (!breaker.failed()) return
    const reason = error instanceof DeliveryError ? error.message : 'it cannot be reached'
    logger.warn({ sink: sink.name, reason }, 'an alerting sink failed too often; deliveries pause')
    listener.sinkChanged(sink.name, false)
  }

  /** How long the receiver wants to be left alone. */
  const requestedPause = (error: unknown): number | undefined => {
    const requestedMs = error instanceof DeliveryError ? error.retryAfterMs : undefined
    // A NaN would try again at once, for ever.
    return requestedMs !== undefined && Number.isFinite(requestedMs) && requestedMs >= 0
      ? requestedMs
      : undefined
  }

  const ownPause = (): number =>
    breaker.isOpen ? breakMs : random() * Math.min(maxPauseMs, firstPauseMs * 2 ** breaker.failures)

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      pause?.cancel()
      pause = clock.setTimeout(resolve, ms)
      wake = resolve
    })

  const pauseAfter = async (error: unknown): Promise<void> => {
    const requestedMs = requestedPause(error)
    newItemAt = requestedMs === undefined ? clock.monotonicMs() + newItemPauseMs : undefined
    await sleep(requestedMs ?? ownPause())
    newItemAt = undefined
  }

  /** Lets an item that has not failed yet end a pause, which others have caused. */
  const shortenPause = (): void => {
    if (newItemAt === undefined) return
    const resume = wake
    const leftMs = newItemAt - clock.monotonicMs()
    newItemAt = undefined
    pause?.cancel()
    pause = clock.setTimeout(resume, Math.max(0, leftMs))
  }

  const nextItem = (): Waiting<Item> | undefined =>
    waiting.reduce<Waiting<Item> | undefined>(
      (best, entry) => (best === undefined || entry.failures < best.failures ? entry : best),
      undefined,
    )

  const remove = (entry: Waiting<Item>): void => {
    waiting.splice(waiting.indexOf(entry), 1)
  }

  const settle = (): void => {
    busy = false
    for (const resolve of idle) resolve()
    idle.clear()
  }

  const work = async (): Promise<void> => {
    for (;;) {
      const next = nextItem()
      if (next === undefined) break
      const error = await attemptOnce(next.item)
      // The entry may have been replaced by a later one of the same key, which is then still to be delivered.
      const isCurrent = waiting.includes(next)
      if (error === undefined) {
        if (isCurrent) remove(next)
        succeeded()
        continue
      }
      next.failures += 1
      const permanent = error instanceof DeliveryError && error.permanent
      // A receiver that refuses one item is alive.
      if (!permanent) failed(error)
      const tooOld = clock.monotonicMs() - next.sinceMs >= maxAgeMs
      if (isCurrent && (permanent || tooOld || closing)) {
        remove(next)
        drop(permanent ? 'refused' : closing ? 'closed' : 'too-old')
      }
      if (permanent || closing) continue
      await pauseAfter(error)
    }
    settle()
  }

  const start = (): void => {
    if (busy) return
    busy = true
    // Not in the caller's turn, which may be a request's: an attempt writes a whole report and opens a connection.
    setImmediate(() => void work())
  }

  const whenIdle = (withinMs: number): Promise<boolean> => {
    if (!busy) return Promise.resolve(true)
    return new Promise((resolve) => {
      const late = clock.setTimeout(() => {
        idle.delete(done)
        resolve(false)
      }, withinMs)
      const done = (): void => {
        late.cancel()
        resolve(true)
      }
      idle.add(done)
    })
  }

  return {
    push(item) {
      if (closed) {
        drop('closed')
        return
      }
      const key = keyOf(item)
      const entry = { item, key, sinceMs: clock.monotonicMs(), failures: 0 }
      const same = key === undefined ? -1 : waiting.findIndex((other) => other.key === key)
      if (same !== -1) waiting[same] = entry
      else if (waiting.length < queueSize) waiting.push(entry)
      else drop('queue-full')
      if (waiting.includes(entry)) shortenPause()
      start()
    },
    flush: whenIdle,
    async close(withinMs) {
      closed = true
      closing = true
      pause?.cancel()
      wake()
      if (await whenIdle(withinMs)) return
      for (const _left of waiting.splice(0)) drop('closed')
      attempt?.abort(new DeliveryError('closed'))
    },
    get size() {
      return waiting.length
    },
  }
}
