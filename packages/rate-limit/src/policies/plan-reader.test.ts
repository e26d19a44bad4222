import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, createRateLimiter, type RateLimitPlan } from '../index.ts'

function createLimiter(plan: RateLimitPlan) {
  const clock = createFakeClock()
  const limiter = createRateLimiter({
    clock,
    store: createMemoryStore({ clock }),
    policies: [{ name: 'api', limit: 2, windowMs: 60_000, key: 'user', match: false, plan }],
  })
  const take = (key: string) => limiter.consume({ policy: 'api', key })
  return { clock, limiter, take }
}

describe('a plan', () => {
  it.each<[string, RateLimitPlan]>([
    ['at once', ({ key }) => (key === 'pro' ? { limit: 5 } : undefined)],
    ['later', ({ key }) => Promise.resolve(key === 'pro' ? { limit: 5 } : undefined)],
  ])('grants its own limit, %s, and the policy’s to the others', async (_when, plan) => {
    const { limiter, take } = createLimiter(plan)
    const pro = await take('pro')
    expect(pro.statuses).toMatchObject([{ limit: 5, remaining: 4 }])
    expect((await take('free')).statuses).toMatchObject([{ limit: 2, remaining: 1 }])
    expect(await limiter.get('api', 'pro')).toMatchObject({ limit: 5, remaining: 4 })
  })

  it('is asked for once a minute', async () => {
    let asked = 0
    const { clock, take } = createLimiter(() => ({ limit: ++asked * 10 }))
    await Promise.all([take('pro'), take('pro')])
    expect(asked).toBe(1)
    clock.advance(60_000)
    expect((await take('pro')).statuses[0]?.limit).toBe(20)
  })

  it('is asked for once by those that come together', async () => {
    let asked = 0
    const { take } = createLimiter(() => Promise.resolve({ limit: ++asked * 10 }))
    const decisions = await Promise.all(Array.from({ length: 5 }, () => take('pro')))
    expect(asked).toBe(1)
    expect(decisions.map(({ statuses }) => statuses[0]?.limit)).toEqual([10, 10, 10, 10, 10])
  })

  it.each<[string, RateLimitPlan]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['grants nothing countable', () => ({ limit: 0 })],
    ['grants a fraction', () => Promise.resolve({ limit: 1.5 })],
  ])('that %s leaves the policy’s own limit', async (_what, plan) => {
    const { take } = createLimiter(plan)
    expect((await take('pro')).statuses[0]?.limit).toBe(2)
  })

  it('that does not answer in time leaves the policy’s own limit, and counts later', async () => {
    let answer: (quota: { limit: number }) => void = () => undefined
    const { clock, take } = createLimiter(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const waiting = take('pro')
    clock.advance(50)
    expect((await waiting).statuses[0]?.limit).toBe(2)
    clock.advance(5_000)
    const again = take('pro')
    answer({ limit: 7 })
    expect((await again).statuses[0]?.limit).toBe(7)
  })
})
