import { createFakeClock } from '@alfred/testkit'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createMemoryStore, createRateLimiter, type RateLimitPolicy } from '../index.ts'

const clock = createFakeClock()
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const tokens: RateLimitPolicy = { name: 'tokens', limit: 100, windowMs: 60_000, key: 'address', match: false }

/** Serves answers that cost 60 of 100 tokens until they end, and 10 in the end. */
async function serve(policies: readonly RateLimitPolicy[], settles = false) {
  const limiter = createRateLimiter({ clock, store: createMemoryStore({ clock }), policies })
  const server = createServer((request, response) => {
    limiter.middleware(request, response, () => {
      void limiter.reserve(request, { policy: 'tokens', cost: 60, response }).then(async (reservation) => {
        if (!reservation.allowed) {
          reservation.deny(request, response)
          return
        }
        if (settles) await reservation.settle(10)
        response.end('ok')
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => limiter.close(),
    () => {
      server.closeAllConnections()
      server.close()
    },
  )
  return () => fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api`)
}

describe('an answer to what the application counts', () => {
  it('tells what is left', async () => {
    const ask = await serve([tokens])
    const { status, headers } = await ask()
    expect(status).toBe(200)
    expect(headers.get('ratelimit-policy')).toBe('"tokens";q=100;w=60')
    expect(headers.get('ratelimit')).toBe('"tokens";r=40;t=1')
  })

  it('denies as the middleware does', async () => {
    const ask = await serve([tokens])
    await ask()
    const denied = await ask()
    expect(denied.status).toBe(429)
    expect(denied.headers.get('content-type')).toBe('application/problem+json')
    expect(denied.headers.get('retry-after')).toBe('12')
    expect(denied.headers.get('ratelimit')).toBe('"tokens";r=40;t=12')
    expect(await denied.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      'violated-policies': ['tokens'],
    })
  })

  it('adds to what the middleware has told', async () => {
    const ask = await serve([tokens, { name: 'api', limit: 5, windowMs: 60_000, key: 'address' }])
    await ask()
    const { headers } = await ask()
    expect(headers.get('ratelimit-policy')).toBe('"api";q=5;w=60, "tokens";q=100;w=60')
    expect(headers.get('ratelimit')).toBe('"api";r=3;t=12, "tokens";r=40;t=12')
  })

  it('admits as long as what was settled leaves room', async () => {
    const ask = await serve([tokens], true)
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) statuses.push((await ask()).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })
})
