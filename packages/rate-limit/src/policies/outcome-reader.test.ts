import { noopLogger } from '@alfred/core'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clock, createRemoteStore, listen, policy, serve, setUp } from '../../test/limiter-under-test.ts'
import type { AlgorithmName } from '../algorithms/algorithm.ts'
import type { CountWhen } from './policy.ts'

/** Serves a login that answers with the status that is asked for, once `open()` was called. */
async function serveLogin(countWhen: CountWhen, limit = 2, logger = noopLogger) {
  const waiting: (() => void)[] = []
  const { limiter } = setUp({
    policies: [policy({ limit, countWhen }), policy({ name: 'all', limit: 100 })],
    store: createRemoteStore().store,
    logger,
  })
  const { port } = await listen((request, response) => {
    limiter.middleware(request, response, () => {
      const answer = (): void => {
        response.statusCode = Number(
          new URL(request.url ?? '', 'http://localhost').searchParams.get('status'),
        )
        response.end()
      }
      if (request.headers['x-wait'] === undefined) answer()
      else waiting.push(answer)
    })
  })
  const ask = async (status: number, wait = false): Promise<number> => {
    const headers: Record<string, string> = wait ? { 'X-Wait': '1' } : {}
    const response = await fetch(`http://127.0.0.1:${String(port)}/?status=${String(status)}`, { headers })
    return response.status
  }
  const left = async (name = 'a'): Promise<number> => (await limiter.get(name, '127.0.0.1')).remaining
  return { ask, left, waiting }
}

describe('a policy that counts by outcome', () => {
  it.each<[string, CountWhen, number, number]>([
    ['failures: a failure', 'failure', 401, 1],
    ['failures: a success', 'failure', 200, 2],
    ['failures: a redirect', 'failure', 302, 2],
    ['successes: a success', 'success', 200, 1],
    ['successes: a failure', 'success', 500, 2],
    ['a function: counted', ({ statusCode }) => statusCode === 401, 401, 1],
    ['a function: not counted', ({ statusCode }) => statusCode === 401, 403, 2],
  ])('%s', async (_what, countWhen, status, expected) => {
    const { ask, left } = await serveLogin(countWhen)
    await ask(status)
    await expect.poll(() => left()).toBe(expected)
    expect(await left('all')).toBe(99)
  })

  it('denies the next failure, and no client that always succeeds', async () => {
    const { ask, left } = await serveLogin('failure')
    for (let time = 0; time < 5; time += 1) {
      expect(await ask(200)).toBe(200)
      await expect.poll(() => left()).toBe(2)
    }
    expect([await ask(401), await ask(401), await ask(401)]).toEqual([401, 401, 429])
  })

  it('lets no more than the limit be under way, whatever their outcomes will be', async () => {
    const { ask, waiting, left } = await serveLogin('failure')
    const first = [ask(200, true), ask(200, true)]
    await expect.poll(() => waiting.length).toBe(2)
    expect(await ask(401)).toBe(429)
    for (const answer of waiting) answer()
    expect(await Promise.all(first)).toEqual([200, 200])
    // Also the denial that is remembered ends with them.
    await expect.poll(() => left()).toBe(2)
    expect(await ask(200)).toBe(200)
  })

  it.each<AlgorithmName>(['gcra', 'sliding-window', 'fixed-window', 'token-bucket'])(
    'gives nothing back that came back by itself: %s',
    async (algorithm) => {
      const { limiter } = setUp({ policies: [policy({ limit: 2, countWhen: 'failure', algorithm })] })
      const waiting: ServerResponse[] = []
      const { port } = await listen((request, response) => {
        limiter.middleware(request, response, () => {
          response.statusCode = request.url === '/slow' ? 200 : 401
          if (request.url === '/slow') waiting.push(response)
          else response.end()
        })
      })
      const ask = async (path: string) => (await fetch(`http://127.0.0.1:${String(port)}${path}`)).status
      const slow: Promise<number>[] = []
      for (let window = 0; window < 4; window += 1) {
        const before = waiting.length
        slow.push(ask('/slow'), ask('/slow'))
        await expect.poll(() => waiting.length).toBe(before + 2)
        clock.advance(120_000)
      }
      const failures = [await ask('/'), await ask('/')]
      for (const response of waiting) response.end()
      expect(await Promise.all(slow)).toEqual(Array.from({ length: 8 }, () => 200))
      for (let time = 0; time < 8; time += 1) failures.push(await ask('/'))
      expect(failures.filter((status) => status === 401)).toHaveLength(2)
    },
  )

  it.each<[string, (response: ServerResponse) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no session')
      },
    ],
    ['returns a text', () => 'no'],
    ['returns nothing', () => undefined],
    ['returns a promise', () => Promise.reject(new Error('later'))],
  ])('counts where its function %s, which is logged once', async (_what, countWhen) => {
    const errors: string[] = []
    const logger = { ...noopLogger, error: (_fields: object, message: string) => errors.push(message) }
    const { ask, left } = await serveLogin(countWhen as CountWhen, 3, logger)
    await ask(200)
    await ask(200)
    await expect.poll(() => errors).toHaveLength(1)
    expect(errors[0]).toContain('rateLimit.policies[a].countWhen')
    expect(await left()).toBe(1)
  })

  it('counts in this process as well, while the store is away', async () => {
    const { store, state } = createRemoteStore()
    state.down = true
    const { limiter } = setUp({
      policies: [policy({ limit: 2, countWhen: 'failure', onStoreError: 'local' })],
      store,
    })
    const ask = await serve({ limiter })
    for (let time = 0; time < 4; time += 1) expect((await ask()).status).toBe(200)
  })
})
