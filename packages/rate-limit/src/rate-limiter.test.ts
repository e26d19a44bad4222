import { AlfredError } from '@alfred/core'
import { passTime } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { clock, createRemoteStore, policy, serve, setUp, statuses } from '../test/limiter-under-test.ts'
import { createMemoryStore, type RateLimitStore } from './index.ts'

describe('while the store is away', () => {
  it.each([
    ['allow', [200, 200, 200, 200]],
    ['deny', [503, 503, 503, 503]],
    ['local', [200, 200, 429, 429]],
  ] as const)('%s', async (onStoreError, expected) => {
    const { store, state } = createRemoteStore()
    const ask = await serve(setUp({ policies: [policy({ limit: 4, onStoreError })], store, instances: 2 }))
    state.down = true
    const replies = [await ask(), await ask(), await ask(), await ask()]
    expect(statuses(replies)).toEqual(expected)
    if (onStoreError !== 'deny') return
    expect(replies[0]?.headers['retry-after']).toBe('1')
    expect(JSON.parse(replies[0]?.body ?? '')).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      status: 503,
      'violated-policies': ['a'],
    })
  })

  it.each([
    ['allow', [200, 200, 200]],
    ['deny', [503, 503, 503]],
    ['local', [200, 200, 429]],
  ] as const)('a prepare() that throws is a store that is away: %s', async (onStoreError, expected) => {
    const memory = createMemoryStore({ clock })
    let isDown = true
    const store: RateLimitStore = {
      ...memory,
      prepare(rules) {
        if (isDown) throw new Error('not connected')
        return memory.prepare(rules)
      },
    }
    const { limiter } = setUp({
      policies: [policy({ limit: 4, onStoreError })],
      store,
      instances: 2,
      bans: {},
    })
    const ask = await serve({ limiter })
    expect(statuses([await ask(), await ask(), await ask()])).toEqual(expected)
    isDown = false
    clock.advance(60_000)
    const replies = [await ask(), await ask(), await ask(), await ask(), await ask()]
    expect(statuses(replies)).toEqual([200, 200, 200, 200, 429])
  })

  it('a shadow policy that would deny does not', async () => {
    const { store, state } = createRemoteStore()
    const ask = await serve(setUp({ policies: [policy({ mode: 'shadow', onStoreError: 'deny' })], store }))
    state.down = true
    expect((await ask()).status).toBe(200)
  })

  it('a policy that denies wins over one that allows', async () => {
    const { store, state } = createRemoteStore()
    const policies = [policy({ onStoreError: 'allow' }), policy({ name: 'b', onStoreError: 'deny' })]
    const ask = await serve(setUp({ policies, store }))
    state.down = true
    expect((await ask()).status).toBe(503)
  })

  it('get and reset say so', async () => {
    const { store, state } = createRemoteStore()
    const { limiter } = setUp({ policies: [policy()], store })
    state.down = true
    await expect(limiter.get('a', '203.0.113.7')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    await expect(limiter.reset('a', '203.0.113.7')).rejects.toMatchObject({
      code: 'ALFRED_STORE_UNAVAILABLE',
    })
  })

  it('a limiter becomes ready all the same', async () => {
    const { limiter } = setUp({
      store: { ...createMemoryStore(), ready: () => new Promise(() => undefined) },
    })
    const ready = limiter.ready()
    clock.advance(1000)
    await expect(ready).resolves.toBeUndefined()
  })

  it('a limiter becomes ready though its store gives up sooner, and says what waiting does not mend', async () => {
    const failing = (error: Error) => ({ ...createMemoryStore(), ready: () => Promise.reject(error) })
    const away = new AlfredError('ALFRED_STORE_UNAVAILABLE', 'away', { store: 'rate limits' })
    const { limiter } = setUp({ store: failing(away) })
    const ready = limiter.ready()
    await passTime(clock, 1000)
    await expect(ready).resolves.toBeUndefined()
    await expect(setUp({ store: failing(new Error('broken')) }).limiter.ready()).rejects.toThrow('broken')
  })
})
