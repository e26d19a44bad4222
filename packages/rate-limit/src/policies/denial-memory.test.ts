import { describe, expect, it } from 'vitest'
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
})
