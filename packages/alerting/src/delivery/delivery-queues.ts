import type { Clock, EventBus, Logger } from '@alfred/core'
import { createDeliveryQueue, type DeliveryListener, type DeliverySettings } from './delivery-queue.ts'
import type { Sink } from './sink.ts'

/** What was done so far. */
export interface DeliveryCounts {
  /** Deliveries; one item to two sinks is two. */
  readonly delivered: number
  /** Deliveries that were given up. */
  readonly dropped: number
  /** What waits at the moment. */
  readonly waiting: number
}

/** What the queues are made of. */
export interface DeliveryQueuesOptions<Item> extends DeliverySettings {
  /** What is delivered, for metrics. */
  readonly channel: 'errors' | 'alerts'
  readonly sinks: readonly Sink<Item>[]
  readonly keyOf: (item: Item) => string | undefined
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

/** A queue in front of every sink. */
export interface DeliveryQueues<Item> {
  /** Gives the item to all sinks, or to those that are `wanted`. */
  push(item: Item, wanted?: (sink: Sink<Item>) => boolean): void
  flush(timeoutMs: number): Promise<boolean>
  close(timeoutMs: number): Promise<void>
  counts(): DeliveryCounts
}

export function createDeliveryQueues<Item>({
  channel,
  sinks,
  events,
  ...settings
}: DeliveryQueuesOptions<Item>): DeliveryQueues<Item> {
  let delivered = 0
  let dropped = 0
  const listener: DeliveryListener = {
    delivered(sink) {
      delivered += 1
      events?.emit('alerting.delivered', { channel, sink })
    },
    dropped(sink, reason) {
      dropped += 1
      events?.emit('alerting.dropped', { channel, sink, reason })
    },
    sinkChanged(sink, available) {
      events?.emit('alerting.sink-changed', { channel, sink, available })
    },
  }
  const queues = sinks.map((sink) => ({
    sink,
    queue: createDeliveryQueue({ ...settings, sink, listener, random: Math.random }),
  }))
  return {
    push(item, wanted) {
      for (const { sink, queue } of queues) {
        if (wanted === undefined || wanted(sink)) queue.push(item)
      }
    },
    async flush(timeoutMs) {
      const flushed = await Promise.all(queues.map(({ queue }) => queue.flush(timeoutMs)))
      return flushed.every(Boolean)
    },
    async close(timeoutMs) {
      await Promise.all(queues.map(({ queue }) => queue.close(timeoutMs)))
    },
    counts: () => ({ delivered, dropped, waiting: queues.reduce((sum, { queue }) => sum + queue.size, 0) }),
  }
}
