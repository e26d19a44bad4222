import { describe, expect, it, vi } from 'vitest'
import { clock, createRemoteStore, policy, serve, setUp } from '../../test/limiter-under-test.ts'

describe('denials', () => {
  it('are remembered until the time the store named, without asking it', async () => {
    const { store, state } = createRemoteStore()
    const { limiter, told } = setUp({
      policies: [policy({ limit: 1 }), policy({ name: 'b', limit: 5 })],
      store,
    })
    const ask = await serve({ limiter })
    await ask()
    await ask()
    expect(state.calls).toBe(2)
    clock.advance(10_000)
    const reply = await ask()
    expect(reply.status).toBe(429)
    expect(reply.headers).toMatchObject({ 'retry-after': '50', ratelimit: '"a";r=0;t=50' })
    expect(state.calls).toBe(2)
    expect(told).toHaveLength(2)
    clock.advance(50_000)
    expect((await ask()).status).toBe(200)
    expect(state.calls).toBe(3)
  })

  it('of a shadow policy are not', async () => {
    const { store, state } = createRemoteStore()
    const { limiter } = setUp({ policies: [policy({ limit: 1, mode: 'shadow' })], store })
    for (const calls of [1, 2, 3]) {
      expect((await limiter.consume({ policy: 'a', key: '203.0.113.7' })).allowed).toBe(true)
      expect(state.calls).toBe(calls)
    }
  })

  it('are forgotten at a reset', async () => {
    const { limiter } = setUp({ policies: [policy({ limit: 1 })], store: createRemoteStore().store })
    const take = { policy: 'a', key: '203.0.113.7' }
    await limiter.consume(take)
    expect((await limiter.consume(take)).allowed).toBe(false)
    await limiter.reset('a', '203.0.113.7')
    expect((await limiter.consume(take)).allowed).toBe(true)
  })

  it('do not hold for a lower cost', async () => {
    const { limiter } = setUp({
      policies: [policy({ limit: 10, cost: 6 })],
      store: createRemoteStore().store,
    })
    const take = { policy: 'a', key: '203.0.113.7' }
    await limiter.consume(take)
    expect((await limiter.consume(take)).allowed).toBe(false)
    expect((await limiter.consume({ ...take, cost: 4 })).allowed).toBe(true)
  })

  it('end with the plan that they were made under', async () => {
    let granted = 1
    const { store } = createRemoteStore()
    const { limiter } = setUp({
      policies: [
        policy({ algorithm: 'fixed-window', windowMs: 86_400_000, plan: () => ({ limit: granted }) }),
      ],
      store,
    })
    const ask = async () => limiter.consume({ policy: 'a', key: '203.0.113.7' })
    await ask()
    expect((await ask()).allowed).toBe(false)
    granted = 1000
    // For so long the former plan is believed.
    clock.advance(60_000)
    expect((await limiter.get('a', '203.0.113.7')).remaining).toBeGreaterThan(0)
    expect((await ask()).allowed).toBe(true)
    granted = 1
    clock.advance(60_000)
    await ask()
    expect((await ask()).allowed).toBe(false)
  })

  it.each(['settle', 'refund'] as const)('end when units come back: %s', async (how) => {
    const { limiter } = setUp({
      policies: [policy({ limit: 10, windowMs: 86_400_000 })],
      store: createRemoteStore().store,
    })
    const reservation = await limiter.reserve('203.0.113.7', { policy: 'a', cost: 10 })
    const take = { policy: 'a', key: '203.0.113.7' }
    expect((await limiter.consume(take)).allowed).toBe(false)
    await (how === 'settle' ? reservation.settle(4) : reservation.refund())
    expect((await limiter.consume(take)).allowed).toBe(true)
  })

  it('are not remembered when they were forgotten while the store was asked', async () => {
    const { store } = createRemoteStore()
    const answers: (() => void)[] = []
    let holds = false
    const slow = {
      ...store,
      prepare: (rules: Parameters<typeof store.prepare>[0]) => {
        const take = store.prepare(rules)
        return async (...call: Parameters<typeof take>) => {
          const answer = await take(...call)
          if (holds) await new Promise<void>((resolve) => answers.push(resolve))
          return answer
        }
      },
    }
    const { limiter } = setUp({ policies: [policy({ limit: 1 })], store: slow })
    const take = { policy: 'a', key: '203.0.113.7' }
    await limiter.consume(take)
    holds = true
    const denied = limiter.consume(take)
    await vi.waitFor(() => {
      expect(answers).toHaveLength(1)
    })
    await limiter.reset('a', '203.0.113.7')
    holds = false
    answers[0]?.()
    expect((await denied).allowed).toBe(false)
    expect((await limiter.consume(take)).allowed).toBe(true)
  })
})
