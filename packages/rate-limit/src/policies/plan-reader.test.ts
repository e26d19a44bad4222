import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryStore, createRateLimiter, type RateLimitPlan } from '../index.ts'

function createLimiter(plan: RateLimitPlan) {
  const clock = createFakeClock()
  const limiter = createRateLimiter({
    clock,
    store: createMemoryStore({ clock }),
    policies: [{ name: 'api', limit: 2, windowMs: 60_000, key: 'user', match: false, plan }],
  })
  onTestFinished(() => limiter.close())
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
    ['grants nothing countable', () => ({ limit: -1 })],
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

  it('that answers too late counts from the next request on', async () => {
    let answer: (quota: { limit: number }) => void = () => undefined
    let calls = 0
    const { clock, take } = createLimiter(
      () =>
        new Promise((resolve) => {
          calls += 1
          answer = resolve
        }),
    )
    const waiting = take('pro')
    clock.advance(50)
    expect((await waiting).statuses[0]?.limit).toBe(2)
    answer({ limit: 7 })
    await Promise.resolve()
    expect((await take('pro')).statuses[0]?.limit).toBe(7)
    expect(calls).toBe(1)
  })

  it('that answers after a newer answer changes nothing', async () => {
    const answers: ((quota: { limit: number }) => void)[] = []
    const { clock, take } = createLimiter(() => new Promise((resolve) => answers.push(resolve)))
    const waiting = take('pro')
    clock.advance(50)
    await waiting
    clock.advance(5_000)
    const again = take('pro')
    answers[1]?.({ limit: 9 })
    await again
    answers[0]?.({ limit: 7 })
    await Promise.resolve()
    expect((await take('pro')).statuses[0]?.limit).toBe(9)
  })

  it('may return a thenable that is no promise, as query builders are', async () => {
    const query: PromiseLike<{ limit: string }> = {
      then: (resolve, reject) => Promise.resolve({ limit: '4' }).then(resolve, reject),
    }
    const { take } = createLimiter(() => query)
    expect((await take('pro')).statuses[0]?.limit).toBe(4)
  })

  it('that grants nothing denies for ever, and a block holds for one without a limit', async () => {
    const { limiter, take } = createLimiter(({ key }) => ({ limit: key === 'none' ? 0 : Infinity }))
    expect(await take('none')).toMatchObject({
      allowed: false,
      retryAfterMs: Infinity,
      statuses: [{ limit: 0, remaining: 0 }],
    })
    const many = await limiter.consume({ policy: 'api', key: 'all', cost: 1_000_000_000 })
    expect(many).toMatchObject({ allowed: true, statuses: [{ limit: Infinity, remaining: Infinity }] })
    await limiter.block('api', 'all', 1000)
    expect((await take('all')).allowed).toBe(false)
  })

  it('that is forgotten is asked for anew, and an answer from before is not kept', async () => {
    const answers: ((quota: { limit: number }) => void)[] = []
    const { limiter, take } = createLimiter(() => new Promise((resolve) => answers.push(resolve)))
    const before = take('pro')
    await limiter.plans.forget('pro')
    answers[0]?.({ limit: 7 })
    expect((await before).statuses[0]?.limit).toBe(7)
    const after = take('pro')
    answers[1]?.({ limit: 9 })
    expect((await after).statuses[0]?.limit).toBe(9)
    expect(answers).toHaveLength(2)
  })

  it('cannot be forgotten for nobody', async () => {
    const { limiter } = createLimiter(() => undefined)
    await expect(limiter.plans.forget('')).rejects.toMatchObject({ code: 'ALFRED_RATE_LIMIT_INVALID_KEY' })
  })
})
