import { createFakeClock, rateLimitStoreConformance } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createMemoryStore } from './memory-store.ts'

rateLimitStoreConformance('the memory store', () => {
  const clock = createFakeClock()
  return {
    store: createMemoryStore({ clock }),
    pass(ms) {
      clock.advance(ms)
    },
  }
})

const rule = { name: 'a', limit: 1, windowMs: 1000, burst: 1, cost: 1, enforced: true }

it('answers at once and holds no timer', () => {
  const clock = createFakeClock()
  const take = createMemoryStore({ clock }).prepare([rule])
  expect(take('s')).not.toBeInstanceOf(Promise)
  expect(clock.pendingTimers).toBe(0)
})

it('goes by the monotonic clock', () => {
  const clock = createFakeClock()
  const take = createMemoryStore({ clock }).prepare([rule])
  take('s')
  clock.jump(86_400_000)
  expect(take('s').admitted).toBe(false)
})

it('remembers the half of maxKeys that was used last, under any flood', () => {
  const take = createMemoryStore({ clock: createFakeClock(), maxKeys: 100 }).prepare([rule])
  take('kept')
  for (let flood = 0; flood < 1000; flood++) {
    take(`flood ${String(flood)}`)
    if (flood % 40 === 0) expect(take('kept').admitted).toBe(false)
  }
  expect(take('flood 999').admitted).toBe(false)
  expect(take('flood 0').admitted).toBe(true)
})

it('remembers others while one address is denied and given back a hundred thousand times', () => {
  const take = createMemoryStore({ clock: createFakeClock() }).prepare([rule])
  take('kept')
  for (let time = 0; time < 100_001; time += 1) {
    take('denied elsewhere')
    take('denied elsewhere', { costs: [-1] })
  }
  expect(take('kept').admitted).toBe(false)
})

it('remembers what was counted by a plan for as long as the plan says', () => {
  const clock = createFakeClock()
  const take = createMemoryStore({ clock }).prepare([{ ...rule, burst: 10, limit: 10, planned: true }])
  const quotas = [{ limit: 1, windowMs: 1000, burst: 100 }]
  take('plan', { costs: [100], quotas })
  for (let second = 0; second < 5; second += 1) {
    clock.advance(1000)
    take(`other ${String(second)}`)
  }
  expect(take('plan', { costs: [0], quotas }).answers[0]?.remaining).toBe(5)
})
