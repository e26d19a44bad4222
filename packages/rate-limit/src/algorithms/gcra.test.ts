import { createFakeClock } from '@alfred/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGcra } from './gcra.ts'
import { createMemoryStore } from '../stores/memory/memory-store.ts'

describe('the whole amounts of a quota', () => {
  it.each([
    ['100 per 15 min', 100, 900_000, 100, { drain: 1, capacity: 900_000_000 }],
    ['10 per min', 10, 60_000, 10, { drain: 1, capacity: 60_000_000 }],
    ['7 per s', 7, 1000, 7, { drain: 7, capacity: 7_000_000 }],
    ['a million per s', 1_000_000, 1000, 1_000_000, { drain: 1, capacity: 1_000_000 }],
    ['3 per ms', 3, 1, 2, { drain: 3, capacity: 2000 }],
    ['a million per 30 days', 1e6, 2_592_000_000, 1e6, { drain: 1, capacity: 2.592e12 }],
    [
      'too fine a fraction',
      999_983,
      2_592_000_000,
      999_983,
      { drain: 1737, capacity: 4_502_380_541 * 999_983 },
    ],
    ['a burst of centuries', 1, 315_360_000_000, 1_000_000, undefined],
  ])('%s', (_what, limit, windowMs, burst, expected) => {
    expect(compileGcra({ limit, windowMs, burst })?.parameters).toEqual(expected)
  })
})

describe('a quota of bytes', () => {
  it.each([
    [999_999_937, 3_600_000],
    [1_000_000_007, 86_400_000],
    [3_000_000_019, 60_000],
    [10_000_000_019, 86_400_000],
    [1_000_000_000_000, 2_592_000_000],
    [123_456_789, 1000],
  ])('comes back as fast as it says, %d per %d ms', (limit, windowMs) => {
    const clock = createFakeClock()
    const rule = { name: 'a', limit, windowMs, burst: limit, cost: 1, enforced: true }
    const take = createMemoryStore({ clock }).prepare([rule])
    expect(take('s', { costs: [limit] }).admitted).toBe(true)
    clock.advance(windowMs / 2)
    const left = take('s', { costs: [0] }).answers[0]?.remaining ?? 0
    expect(left / limit).toBeLessThanOrEqual(0.5)
    expect(left / limit).toBeGreaterThan(0.4995)
  })
})

const sevenPerSecond = { limit: 7, windowMs: 1000, burst: 7 }

describe('what is owed', () => {
  it.each([
    ['paid long ago', 10, 0, 500, 0],
    ['a rest of less than a microsecond', 500, 3, 500, 3],
    ['some of it', 600, 3, 500, 703],
    ['more than a burst, after a clock went back', 5_000_000, 0, 500, 7_000_000],
  ])('%s', (_what, timeUs, count, nowUs, expected) => {
    expect(compileGcra(sevenPerSecond)?.read({ timeUs, count, previous: 0 }, nowUs)).toEqual([expected])
  })
})

describe('what it says', () => {
  const gcra = compileGcra({ limit: 5, windowMs: 5, burst: 5 })
  it.each([
    ['nothing owed', 0, { remaining: 5, waitMs: 0, resetMs: 0 }],
    ['one owed', 1000, { remaining: 4, waitMs: 0, resetMs: 1 }],
    ['part of one', 400, { remaining: 4, waitMs: 0, resetMs: 0.4 }],
    ['all but part', 4400, { remaining: 0, waitMs: 0.4, resetMs: 4.4 }],
  ])('%s', (_what, owed, expected) => {
    expect({
      remaining: gcra?.remaining([owed]),
      waitMs: gcra?.waitMs([owed], gcra.unit),
      resetMs: gcra?.resetMs([owed]),
    }).toEqual(expected)
  })
})

/** The plainest bucket there is, in fractions of whole numbers of any size: times in µs, levels in µs × limit. */
function bigBucket(limit: bigint, windowUs: bigint, burst: bigint) {
  let level = 0n
  let at = 0n
  return (nowUs: bigint, cost: bigint): { admitted: boolean; remaining: number } => {
    const drained = level - (nowUs - at) * limit
    level = drained > 0n ? drained : 0n
    at = nowUs
    const admitted = level + cost * windowUs <= burst * windowUs
    if (admitted) level += cost * windowUs
    return { admitted, remaining: Number((burst * windowUs - level) / windowUs) }
  }
}

const quotas = fc
  .record({
    limit: fc.integer({ min: 1, max: 5000 }),
    windowMs: fc.integer({ min: 1, max: 3_600_000 }),
    burst: fc.integer({ min: 1, max: 5000 }),
  })
  .chain((quota) =>
    fc.record({
      quota: fc.constant(quota),
      steps: fc.array(
        fc.record({
          waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Math.ceil(quota.windowMs / 3) })),
          cost: fc.integer({ min: 1, max: quota.burst }),
        }),
        { maxLength: 60 },
      ),
    }),
  )

describe('counting', () => {
  it('agrees with a bucket of exact fractions', () => {
    fc.assert(
      fc.property(quotas, ({ quota, steps }) => {
        const clock = createFakeClock()
        const take = createMemoryStore({ clock }).prepare([{ ...quota, name: 'a', cost: 1, enforced: true }])
        const model = bigBucket(BigInt(quota.limit), BigInt(quota.windowMs) * 1000n, BigInt(quota.burst))
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs)
          const { admitted, answers } = take('s', { costs: [cost] })
          const expected = model(BigInt(clock.monotonicMs()) * 1000n, BigInt(cost))
          expect({ admitted, remaining: answers[0]?.remaining }).toEqual(expected)
        }
      }),
    )
  })

  it('never admits more than burst + limit × time / window in any interval', () => {
    fc.assert(
      fc.property(quotas, ({ quota, steps }) => {
        const clock = createFakeClock()
        const take = createMemoryStore({ clock }).prepare([{ ...quota, name: 'a', cost: 1, enforced: true }])
        const log: { at: number; cost: number }[] = []
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs)
          if (take('s', { costs: [cost] }).admitted) log.push({ at: clock.monotonicMs(), cost })
        }
        for (const [from, first] of log.entries()) {
          let sum = 0
          for (const { at, cost } of log.slice(from)) {
            sum += cost
            const allowance = quota.burst * quota.windowMs + quota.limit * (at - first.at)
            expect(sum * quota.windowMs).toBeLessThanOrEqual(allowance)
          }
        }
      }),
    )
  })

  it('admits at the time it named, and not a millisecond sooner', () => {
    fc.assert(
      fc.property(quotas, ({ quota, steps }) => {
        const clock = createFakeClock()
        const take = createMemoryStore({ clock }).prepare([{ ...quota, name: 'a', cost: 1, enforced: true }])
        for (const { cost } of steps) {
          const { admitted, answers } = take('s', { costs: [cost] })
          if (admitted) continue
          const retryAfterMs = answers[0]?.retryAfterMs ?? 0
          expect(retryAfterMs).toBeGreaterThan(0)
          const soonerMs = Math.ceil(retryAfterMs) - 1
          clock.advance(soonerMs)
          if (soonerMs < retryAfterMs - 0.001) expect(take('s', { costs: [cost] }).admitted).toBe(false)
          clock.advance(retryAfterMs - soonerMs + 0.001)
          expect(take('s', { costs: [cost] }).admitted).toBe(true)
        }
      }),
    )
  })
})
