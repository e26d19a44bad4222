import { createFakeClock } from '@alfred/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlgorithmName, Quota } from './algorithm.ts'
import { createMemoryStore } from '../stores/memory/memory-store.ts'

/** An algorithm as a beginner would write it: `nowMs` and a cost in, whether it is admitted and what is left out. */
type Model = (quota: Quota) => (nowMs: number, cost: number) => { admitted: boolean; remaining: number }

const fixedWindow: Model = ({ limit, windowMs }) => {
  let endsAt = 0
  let used = 0
  return (nowMs, cost) => {
    if (nowMs >= endsAt) used = 0
    const admitted = used + cost <= limit
    if (admitted && used === 0) endsAt = nowMs + windowMs
    if (admitted) used += cost
    return { admitted, remaining: limit - used }
  }
}

const tokenBucket: Model = ({ limit, windowMs, burst }) => {
  let tokens = burst
  let refillAt = 0
  return (nowMs, cost) => {
    for (; tokens < burst && refillAt <= nowMs; refillAt += windowMs) {
      tokens = Math.min(burst, tokens + limit)
    }
    const admitted = cost <= tokens
    if (admitted && tokens === burst) refillAt = nowMs + windowMs
    if (admitted) tokens -= cost
    return { admitted, remaining: tokens }
  }
}

/** By whole numbers of any size: requests × µs. */
const slidingWindow: Model = ({ limit, windowMs }) => {
  let startedAt = 0
  let current = 0
  let former = 0
  return (nowMs, cost) => {
    if (current + former > 0 && nowMs - startedAt >= windowMs) {
      const next = nowMs - startedAt < windowMs * 2
      former = next ? current : 0
      current = 0
      startedAt += windowMs
    }
    if (current + former === 0) startedAt = nowMs
    const weighed = BigInt(former) * BigInt(startedAt + windowMs - nowMs) + BigInt(current) * BigInt(windowMs)
    const room = BigInt(limit) * BigInt(windowMs) - weighed
    const admitted = BigInt(cost) * BigInt(windowMs) <= room
    if (admitted) current += cost
    const left = admitted ? room - BigInt(cost) * BigInt(windowMs) : room
    return { admitted, remaining: Number(left / BigInt(windowMs)) }
  }
}

interface Case {
  readonly algorithm: AlgorithmName
  readonly model: Model
  /** The most that any time of `ms` may admit. */
  readonly bound: (quota: Quota, ms: number) => number
}

const cases: readonly Case[] = [
  {
    algorithm: 'fixed-window',
    model: fixedWindow,
    bound: ({ limit, windowMs }, ms) => limit * (Math.floor(ms / windowMs) + 2),
  },
  {
    algorithm: 'token-bucket',
    model: tokenBucket,
    bound: ({ limit, windowMs, burst }, ms) => burst + limit * (Math.floor(ms / windowMs) + 1),
  },
  {
    algorithm: 'sliding-window',
    model: slidingWindow,
    bound: ({ limit, windowMs }, ms) => limit + (limit * ms) / windowMs,
  },
]

const runs = fc
  .record({
    limit: fc.integer({ min: 1, max: 200 }),
    windowMs: fc.integer({ min: 1, max: 3_600_000 }),
    burst: fc.integer({ min: 1, max: 200 }),
  })
  .chain(({ limit, windowMs, burst }) =>
    fc.record({
      limit: fc.constant(limit),
      windowMs: fc.constant(windowMs),
      burst: fc.constant(burst),
      steps: fc.array(
        fc.record({
          waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Math.ceil(windowMs * 0.7) })),
          cost: fc.integer({ min: 1, max: Math.min(limit, burst) }),
        }),
        { maxLength: 80 },
      ),
    }),
  )

describe.each(cases)('$algorithm', ({ algorithm, model, bound }) => {
  const quotaOf = ({ limit, windowMs, burst }: Quota): Quota => ({
    limit,
    windowMs,
    burst: algorithm === 'token-bucket' ? burst : limit,
  })
  const startStore = (quota: Quota) => {
    const clock = createFakeClock()
    const rule = { ...quota, name: 'a', algorithm, cost: 1, enforced: true }
    return { clock, take: createMemoryStore({ clock }).prepare([rule]) }
  }

  it('agrees with its model', () => {
    fc.assert(
      fc.property(runs, ({ steps, ...given }) => {
        const { clock, take } = startStore(quotaOf(given))
        const expected = model(quotaOf(given))
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs)
          const { admitted, answers } = take('s', { costs: [cost] })
          expect({ admitted, remaining: answers[0]?.remaining }).toEqual(expected(clock.monotonicMs(), cost))
        }
      }),
    )
  })

  it('admits no more than its bound in any interval', () => {
    fc.assert(
      fc.property(runs, ({ steps, ...given }) => {
        const quota = quotaOf(given)
        const { clock, take } = startStore(quota)
        const log: { at: number; cost: number }[] = []
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs)
          if (take('s', { costs: [cost] }).admitted) log.push({ at: clock.monotonicMs(), cost })
        }
        for (const [from, first] of log.entries()) {
          let sum = 0
          for (const { at, cost } of log.slice(from)) {
            sum += cost
            expect(sum).toBeLessThanOrEqual(bound(quota, at - first.at) + 1e-9)
          }
        }
      }),
    )
  })

  it('admits at the time it named, and not a millisecond sooner', () => {
    fc.assert(
      fc.property(runs, ({ steps, ...given }) => {
        const { clock, take } = startStore(quotaOf(given))
        for (const { waitMs, cost } of steps) {
          clock.advance(Math.floor(waitMs / 4))
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

  it('counts nothing any more at the reset time', () => {
    fc.assert(
      fc.property(runs, ({ steps, ...given }) => {
        const quota = quotaOf(given)
        const { clock, take } = startStore(quota)
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs)
          take('s', { costs: [cost] })
        }
        clock.advance((take('s', { costs: [0] }).answers[0]?.resetMs ?? 0) + 0.001)
        expect(take('s', { costs: [0] }).answers[0]).toMatchObject({ remaining: quota.burst, resetMs: 0 })
      }),
    )
  })
})
