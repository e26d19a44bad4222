import { dropRejection, runDetached } from '@alfred/core'
import type { MetricReading } from '../instruments/exported-metric.ts'
import type { Metrics } from '../metrics.ts'

/** One end of a channel between processes (`process`, a worker of `node:cluster`) or threads (`parentPort`, a `Worker`). */
export interface MetricsChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
  /** Of processes. */
  send?(message: unknown): unknown
  /** Of threads. */
  postMessage?(message: unknown): unknown
}

/** What travels on the channel, next to whatever else the application sends there. */
type Message =
  | { readonly alfredMetrics: 'read'; readonly id: number }
  | { readonly alfredMetrics: 'readings'; readonly id: number; readonly readings: readonly MetricReading[] }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether a message is ours; who can send on the channel is part of the application. */
export const isMetricsMessage = (message: unknown): message is Message =>
  isObject(message) &&
  typeof message['id'] === 'number' &&
  (message['alfredMetrics'] === 'read' ||
    (message['alfredMetrics'] === 'readings' && Array.isArray(message['readings'])))

/** Sends to a process or a thread. A channel that has closed takes nothing. */
export function sendMessage(channel: MetricsChannel, message: Message): void {
  // One that is closing may reject.
  dropRejection(channel.send ? channel.send(message) : channel.postMessage?.(message))
}

/**
 * Answers an aggregator in another process or thread with these metrics. Call it in every worker.
 *
 * @param channel - `process` in a worker of `node:cluster`, `parentPort` in a worker thread
 * @returns what ends it
 *
 * @example
 * ```ts
 * import { createMetrics, shareMetrics } from '@alfred/metrics'
 *
 * const stop = shareMetrics(createMetrics(), process)
 * ```
 */
export function shareMetrics(metrics: Metrics, channel: MetricsChannel): () => void {
  const answer = (message: unknown): void => {
    if (!isMetricsMessage(message) || message.alfredMetrics !== 'read') return
    runDetached(
      async () => {
        const readings = await metrics.read()
        sendMessage(channel, { alfredMetrics: 'readings', id: message.id, readings })
      },
      // The aggregator counts a worker that does not answer as missing.
      () => undefined,
    )
  }
  dropRejection(channel.on('message', answer))
  return () => {
    dropRejection(channel.off('message', answer))
  }
}
