import { createFakeClock } from '@alfred/testkit'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createMemoryStore, createRateLimiter, type RateLimiter, type RateLimitStore } from '../index.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

function createLimiter(match: '/' | false = false) {
  const clock = createFakeClock()
  const limiter = createRateLimiter({
    clock,
    store: createMemoryStore({ clock }),
    policies: [
      { name: 'streams', algorithm: 'concurrency', limit: 2, windowMs: 30_000, key: () => 'all', match },
    ],
  })
  closers.push(() => limiter.close())
  return { limiter, clock }
}

/** Serves with the limiter in front; responses stay open until they are ended. */
async function serve(limiter: RateLimiter) {
  const open: ServerResponse[] = []
  const server = createServer((request, response) => {
    limiter.middleware(request, response, () => {
      response.flushHeaders()
      open.push(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ask = async () => {
    const request = get({ port, host: '127.0.0.1', agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return { request, response }
  }
  return { open, ask }
}

const closed = (response: ServerResponse | undefined) => response && once(response, 'close')

describe('a policy of concurrency', () => {
  it('counts requests until their responses close', async () => {
    const { limiter } = createLimiter('/')
    const { open, ask } = await serve(limiter)
    const first = await ask()
    await ask()
    expect(first.response.headers['ratelimit-policy']).toBe('"streams";q=2;qu="concurrent-requests"')
    expect((await ask()).response.statusCode).toBe(429)
    const ended = closed(open[0])
    open[0]?.end()
    await ended
    expect((await ask()).response.statusCode).toBe(200)
    expect((await ask()).response.statusCode).toBe(429)
  })

  it('takes a lease back when the client goes away', async () => {
    const { limiter } = createLimiter('/')
    const { open, ask } = await serve(limiter)
    await ask()
    const { request } = await ask()
    const gone = closed(open[1])
    request.on('error', () => undefined)
    request.destroy()
    await gone
    expect((await ask()).response.statusCode).toBe(200)
  })

  it('lends to what is no request, once returned for good', async () => {
    const { limiter } = createLimiter()
    const first = await limiter.consume({ policy: 'streams', key: 'all' })
    await limiter.consume({ policy: 'streams', key: 'all' })
    expect((await limiter.consume({ policy: 'streams', key: 'all' })).allowed).toBe(false)
    first.release()
    first.release()
    expect((await limiter.get('streams', 'all')).remaining).toBe(1)
  })

  it('renews what is held for longer than the window, and only that', async () => {
    const { limiter, clock } = createLimiter()
    const held = await limiter.consume({ policy: 'streams', key: 'all' })
    for (let passed = 0; passed < 100; passed += 1) clock.advance(1000)
    expect((await limiter.get('streams', 'all')).remaining).toBe(1)
    held.release()
    expect(clock.pendingTimers).toBe(0)
    expect((await limiter.get('streams', 'all')).remaining).toBe(2)
  })

  it.each([
    ['lent', false],
    ['lent, and the reply was lost', true],
  ])('returns a lease that was %s after the deadline', async (_what, isLost) => {
    const clock = createFakeClock()
    const inner = createMemoryStore({ clock })
    const replies: (() => void)[] = []
    const store: RateLimitStore = {
      ...inner,
      prepare(rules) {
        const take = inner.prepare(rules)
        return (subject, options) =>
          new Promise((resolve, reject) => {
            const answer = take(subject, options)
            replies.push(() => {
              if (isLost) reject(new Error('the connection was lost'))
              else resolve(answer)
            })
          })
      },
    }
    const streams = { name: 'streams', algorithm: 'concurrency', limit: 1, windowMs: 30_000 } as const
    const limiter = createRateLimiter({
      clock,
      store,
      policies: [{ ...streams, key: () => 'all', match: false, onStoreError: 'deny' }],
    })
    closers.push(() => limiter.close())
    const look = inner.prepare([{ ...streams, burst: 1, cost: 1, enforced: true }])
    const left = () => look('k:all', { costs: [0] }).answers[0]?.remaining

    const decision = limiter.consume({ policy: 'streams', key: 'all' })
    await turn()
    expect(left()).toBe(0)
    clock.advance(50)
    expect(await decision).toMatchObject({ allowed: false, reason: 'store' })
    replies[0]?.()
    await turn()
    expect(left()).toBe(1)
    replies[1]?.()
  })
})
