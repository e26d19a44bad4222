import { noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { fails, hangs, recordingSink, settled } from '../../test/support/recording-sink.ts'
import { DeliveryError } from './delivery-error.ts'
import { createDeliveryQueue } from './delivery-queue.ts'

interface Item {
  readonly key?: string
  readonly value: number
}

function setUp(settings: { queueSize?: number; maxAgeMs?: number } = {}) {
  const clock = createFakeClock()
  const sink = recordingSink<Item>()
  const told: string[] = []
  const queue = createDeliveryQueue<Item>({
    sink,
    keyOf: ({ key }) => key,
    queueSize: 3,
    timeoutMs: 1_000,
    maxAgeMs: 600_000,
    ...settings,
    clock,
    logger: noopLogger,
    random: () => 1,
    listener: {
      delivered: () => told.push('delivered'),
      dropped: (_sink, reason) => told.push(reason),
      sinkChanged: (_sink, available) => told.push(available ? 'available' : 'unavailable'),
    },
  })
  onTestFinished(async () => {
    const closed = queue.close(0)
    clock.advance(0)
    await closed
  })
  const values = (): number[] => sink.attempts.map(({ value }) => value)
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  return { clock, sink, queue, told, values, pass }
}

it('delivers in order', async () => {
  const { queue, values, told } = setUp()
  queue.push({ value: 1 })
  queue.push({ value: 2 })
  expect(await queue.flush(1_000)).toBe(true)
  expect(values()).toEqual([1, 2])
  expect(told).toEqual(['delivered', 'delivered'])
  expect(queue.size).toBe(0)
})

it("begins after the caller's turn", async () => {
  const { queue, values } = setUp()
  queue.push({ value: 1 })
  await Promise.resolve()
  expect(values()).toEqual([])
  await settled()
  expect(values()).toEqual([1])
})

it('tries again after pauses that double', async () => {
  const { queue, sink, values, pass } = setUp()
  sink.behaviours.push(fails, fails, fails)
  queue.push({ value: 1 })
  await settled()
  const attemptsAfter: number[] = []
  for (const pauseMs of [999, 1, 1_999, 1, 3_999, 1]) {
    await pass(pauseMs)
    attemptsAfter.push(values().length)
  }
  expect(attemptsAfter).toEqual([1, 2, 2, 3, 3, 4])
  expect(queue.size).toBe(0)
})

it('lets an item that the receiver cannot take hold up nothing else', async () => {
  const { queue, sink, pass } = setUp({ queueSize: 10 })
  const delivered: number[] = []
  const poison = 1
  const take = sink.deliver.bind(sink)
  sink.deliver = async (item, signal) => {
    await take(item, signal)
    if (item.value === poison) throw new DeliveryError('500')
    delivered.push(item.value)
  }
  queue.push({ value: poison })
  await settled()
  // Enough failures to leave the sink alone.
  for (let second = 0; second < 60; second++) await pass(1_000)
  queue.push({ value: 2 })
  queue.push({ value: 3 })
  await settled()
  await pass(1_000)
  expect(delivered).toEqual([2, 3])
  expect(queue.size).toBe(1)
})

it('does not try new items faster than once a second while a sink is down', async () => {
  const { queue, sink, values, pass } = setUp({ queueSize: 100 })
  sink.behaviours.push(...Array.from({ length: 100 }, () => fails))
  for (let item = 0; item < 50; item++) {
    queue.push({ value: item })
    await pass(100)
  }
  expect(values().length).toBeLessThanOrEqual(6)
})

it('waits as long as the receiver asks', async () => {
  const { queue, sink, values, pass } = setUp()
  sink.behaviours.push(() => Promise.reject(new DeliveryError('429', { retryAfterMs: 40_000 })))
  queue.push({ value: 1 })
  await settled()
  await pass(39_999)
  expect(values()).toHaveLength(1)
  await pass(1)
  expect(values()).toHaveLength(2)
})

it('drops what is refused for good, and goes on', async () => {
  const { queue, sink, values, told } = setUp()
  sink.behaviours.push(() => Promise.reject(new DeliveryError('400', { permanent: true })))
  queue.push({ value: 1 })
  queue.push({ value: 2 })
  await settled()
  expect(values()).toEqual([1, 2])
  expect(told).toEqual(['refused', 'delivered'])
})

it('ends an attempt at its deadline, also of a sink that ignores its signal', async () => {
  const { queue, sink, values, pass } = setUp()
  sink.behaviours.push(hangs)
  queue.push({ value: 1 })
  await settled()
  await pass(1_000)
  expect(sink.signals[0]?.aborted).toBe(true)
  await pass(1_000)
  expect(values()).toHaveLength(2)
  expect(queue.size).toBe(0)
})

it('leaves a sink alone after five failures in a row, and comes back', async () => {
  const { queue, sink, values, told, pass } = setUp()
  sink.behaviours.push(fails, fails, fails, fails, fails, fails)
  queue.push({ value: 1 })
  for (const pauseMs of [0, 1_000, 2_000, 4_000, 8_000]) await pass(pauseMs)
  expect(values()).toHaveLength(5)
  expect(told).toEqual(['unavailable'])
  await pass(29_999)
  expect(values()).toHaveLength(5)
  await pass(1)
  expect(values()).toHaveLength(6)
  await pass(30_000)
  expect(told).toEqual(['unavailable', 'available', 'delivered'])
})

it('takes a rejection without a reason for a failure', async () => {
  const { queue, sink, told, pass } = setUp()
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a sink of somebody else may do
  sink.behaviours.push(() => Promise.reject())
  queue.push({ value: 1 })
  await settled()
  expect(told).toEqual([])
  await pass(1_000)
  expect(told).toEqual(['delivered'])
})

it('gives an item up when it is too old', async () => {
  const { queue, sink, told, pass } = setUp({ maxAgeMs: 1_500 })
  sink.behaviours.push(fails, fails, fails)
  queue.push({ value: 1 })
  await settled()
  await pass(1_000)
  await pass(2_000)
  expect(told).toEqual(['too-old'])
  expect(queue.size).toBe(0)
})

it('is bounded, and counts what it cannot take', async () => {
  const { queue, sink, told } = setUp()
  sink.behaviours.push(hangs)
  for (let value = 0; value < 10; value++) queue.push({ value })
  await settled()
  expect(queue.size).toBe(3)
  expect(told).toEqual(Array.from({ length: 7 }, () => 'queue-full'))
})

it('keeps only the last of what has one key, also while the first is under way', async () => {
  const { queue, sink, values } = setUp()
  let finish: () => void = () => undefined
  sink.behaviours.push(() => new Promise((resolve) => (finish = resolve)))
  queue.push({ key: 'a', value: 1 })
  await settled()
  queue.push({ key: 'b', value: 2 })
  queue.push({ key: 'b', value: 3 })
  queue.push({ key: 'a', value: 4 })
  await settled()
  finish()
  await settled()
  expect(values()).toEqual([1, 4, 3])
})

it('delivers what waits when it is closed, without pauses', async () => {
  const { queue, sink, values, told } = setUp()
  sink.behaviours.push(fails)
  queue.push({ value: 1 })
  await settled()
  queue.push({ value: 2 })
  await queue.close(1_000)
  expect(values()).toEqual([1, 2, 1])
  queue.push({ value: 3 })
  expect(told).toEqual(['delivered', 'delivered', 'closed'])
})

it('does not wait longer than it is told to when it is closed', async () => {
  const { queue, sink, told, pass } = setUp()
  sink.behaviours.push(hangs)
  queue.push({ value: 1 })
  queue.push({ value: 2 })
  await settled()
  const closed = queue.close(500)
  await pass(500)
  await closed
  expect(sink.signals[0]?.aborted).toBe(true)
  expect(told).toEqual(['closed', 'closed'])
})
