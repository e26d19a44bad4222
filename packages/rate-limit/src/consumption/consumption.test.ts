import { describe, expect, it } from 'vitest'
import { policy, serve, setUp } from '../../test/limiter-under-test.ts'

describe('consume, get and reset', () => {
  const key = '203.0.113.7'

  it('count in all policies or in none', async () => {
    const { limiter } = setUp({
      policies: [policy({ limit: 5 }), policy({ name: 'b', limit: 1, key: () => '' })],
    })
    const takes = [
      { policy: 'a', key },
      { policy: 'b', key: 'ann@example.org', cost: 1 },
    ] as const
    expect(await limiter.consume(...takes)).toMatchObject({ allowed: true, reason: undefined, violated: [] })
    const denied = await limiter.consume(...takes)
    expect(denied).toMatchObject({ allowed: false, reason: 'quota', retryAfterMs: 60_000, violated: ['b'] })
    expect(denied.statuses).toMatchObject([
      { policy: 'a', limit: 5, remaining: 3 },
      { policy: 'b', limit: 1, remaining: 0 },
    ])
    expect(await limiter.get('a', key)).toMatchObject({ policy: 'a', limit: 5, remaining: 4, allowed: true })
  })

  it('see what the middleware counts', async () => {
    const { limiter } = setUp({ policies: [policy({ limit: 5 })] })
    const ask = await serve({ limiter })
    await ask()
    expect(await limiter.get('a', '127.0.0.1')).toMatchObject({ remaining: 4, resetMs: 12_000 })
    await limiter.reset('a', '127.0.0.1')
    expect(await limiter.get('a', '127.0.0.1')).toMatchObject({ remaining: 5, resetMs: 0 })
  })

  it('adds up what is taken from one policy for one key', async () => {
    const { limiter } = setUp({ policies: [policy({ limit: 5 })] })
    await limiter.consume({ policy: 'a', key, cost: 2 }, { policy: 'a', key })
    expect((await limiter.get('a', key)).remaining).toBe(2)
  })

  it.each(['gcra', 'sliding-window', 'fixed-window', 'token-bucket'] as const)(
    'deny a cost above the burst, for ever, and count nothing: %s',
    async (algorithm) => {
      const { limiter } = setUp({ policies: [policy({ algorithm }), policy({ name: 'b', limit: 9 })] })
      const takes = [
        { policy: 'a', key, cost: 3 },
        { policy: 'b', key },
      ] as const
      expect(await limiter.consume(...takes)).toMatchObject({
        allowed: false,
        reason: 'quota',
        violated: ['a'],
        retryAfterMs: Infinity,
      })
      expect(await limiter.get('a', key)).toMatchObject({ remaining: 2 })
      expect(await limiter.get('b', key)).toMatchObject({ remaining: 9 })
    },
  )

  const costs = { policy: 'a', min: 0, max: Number.MAX_SAFE_INTEGER }
  it.each([
    [
      'an unknown policy',
      { policy: 'x', key },
      'ALFRED_RATE_LIMIT_UNKNOWN_POLICY',
      { policy: 'x', policies: ['a'] },
    ],
    ['a cost that is no number', { policy: 'a', key, cost: NaN }, 'ALFRED_RATE_LIMIT_INVALID_COST', costs],
    ['a negative cost', { policy: 'a', key, cost: -1 }, 'ALFRED_RATE_LIMIT_INVALID_COST', costs],
    ['a part of a cost', { policy: 'a', key, cost: 0.5 }, 'ALFRED_RATE_LIMIT_INVALID_COST', costs],
  ])('refuse %s', async (_what, take, code, details) => {
    const { limiter } = setUp({ policies: [policy()] })
    await expect(limiter.consume(take)).rejects.toMatchObject({ code, details })
  })
})
