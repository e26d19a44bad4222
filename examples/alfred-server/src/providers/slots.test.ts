import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { NoSlotError, Slots } from './slots.ts'

const { signal } = new AbortController()
const setUp = (maxWaiting: number) => {
  const clock = createFakeClock()
  return { clock, slots: new Slots({ limit: 1, maxWaiting, waitMs: 1000, clock }) }
}

it('hands a slot to those that wait, in their order, and counts a second release once', async () => {
  const { slots, clock } = setUp(2)
  const release = await slots.acquire(signal)
  const order: number[] = []
  const waiting = [1, 2].map(async (n) => {
    const free = await slots.acquire(signal)
    order.push(n)
    free()
  })
  release()
  release()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2])
  expect(clock.pendingTimers).toBe(0)
  const again = await slots.acquire(signal)
  const late = slots.acquire(signal)
  clock.advance(1000)
  await expect(late).rejects.toThrow(NoSlotError)
  again()
})

it('refuses at once when the queue is full', async () => {
  const { slots } = setUp(0)
  await slots.acquire(signal)
  await expect(slots.acquire(signal)).rejects.toThrow(NoSlotError)
})

it('lets those go that do not want to wait any more', async () => {
  const { slots, clock } = setUp(1)
  const release = await slots.acquire(signal)
  const leaving = new AbortController()
  const waiting = slots.acquire(leaving.signal)
  leaving.abort()
  await expect(waiting).rejects.toThrow('aborted')
  expect(clock.pendingTimers).toBe(0)
  release()
  await slots.acquire(signal)
})
