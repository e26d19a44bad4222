import {
  dropRejection,
  observed,
  option,
  type Options,
  readOptions,
  repeat,
  runDetached,
  settleWithin,
} from '@alfred/core'
import type { SourceReadings } from './aggregate-readings.ts'
import type { Metrics } from '../metrics.ts'

/** One end of a channel between processes (`process`, a worker of `node:cluster`) or threads (`parentPort`, a `Worker`). */
export interface MetricsChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
  /** Of processes. */
  send?(message: unknown, callback: (error: Error | null) => void): unknown
  /** Of threads. */
  postMessage?(message: unknown): unknown
}

/** What travels on the channel, next to whatever else the application sends there. */
type Message =
  | { readonly alfredMetrics: 'read'; readonly id: number }
  | ({ readonly alfredMetrics: 'readings'; readonly id: number } & SourceReadings)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether a message is ours; who can send on the channel is part of the application. */
export const isMetricsMessage = (message: unknown): message is Message =>
  isObject(message) &&
  typeof message['id'] === 'number' &&
  (message['alfredMetrics'] === 'read' ||
    (message['alfredMetrics'] === 'readings' &&
      typeof message['processId'] === 'number' &&
      Array.isArray(message['readings'])))

/** Sends to a process or a thread; resolves once it is handed over. A channel that has closed takes nothing. */
export function sendMessage(channel: MetricsChannel, message: Message): Promise<void> {
  return new Promise((resolve) => {
    // One that is closing may reject.
    if (channel.send)
      dropRejection(
        channel.send(message, () => {
          resolve()
        }),
      )
    else {
      dropRejection(channel.postMessage?.(message))
      resolve()
    }
  })
}

const rule = option.object({
  /**
   * How often a worker sends its metrics without a scrape, ms: so much is lost of one that ends without `stop()`, killed
   * or by `process.exit()`. @default 5000
   */
  pushIntervalMs: option.integer({ min: 10, max: 3_600_000 }).default(5000),
  /** @default the machine's time */
  clock: observed.clock,
})

/** The options of {@link shareMetrics}. */
export interface ShareMetricsOptions extends Options<typeof rule> {}

/** How long the last readings may take on their way. */
const handOverMs = 1000

/** The id of readings that nobody has requested. */
const unrequested = 0

/**
 * Sends these metrics to an aggregator in another process or thread: at its scrapes, now and then, and at the end. Call it in
 * every worker.
 *
 * @param channel - `process` in a worker of `node:cluster`, `parentPort` in a worker thread
 * @returns what ends it, after the metrics were sent once more; the place for it is the last hook of a drain
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createMetrics, shareMetrics } from '@alfred/metrics'
 *
 * const stop = shareMetrics(createMetrics(), process)
 * ```
 */
export function shareMetrics(
  metrics: Metrics,
  channel: MetricsChannel,
  options: ShareMetricsOptions = {},
): () => Promise<void> {
  const { pushIntervalMs, clock } = readOptions('shareMetrics', options, rule)

  const send = async (id: number): Promise<void> => {
    const readings = await metrics.read()
    await sendMessage(channel, { alfredMetrics: 'readings', id, processId: process.pid, readings })
  }
  const sendDetached = (id: number): void => {
    runDetached(
      () => send(id),
      // The aggregator counts a worker that does not answer as missing.
      () => undefined,
    )
  }
  const answer = (message: unknown): void => {
    if (isMetricsMessage(message) && message.alfredMetrics === 'read') sendDetached(message.id)
  }
  dropRejection(channel.on('message', answer))
  const pushing = repeat(clock, pushIntervalMs, () => {
    sendDetached(unrequested)
  })
  return async () => {
    pushing.cancel()
    runDetached(
      () => channel.off('message', answer),
      () => undefined,
    )
    // A channel that is closing may never say that it took them.
    await settleWithin(clock, send(unrequested), handOverMs).catch(() => undefined)
  }
}
