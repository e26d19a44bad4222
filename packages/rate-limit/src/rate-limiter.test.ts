import { type AlfredEventName, createEventBus, noopLogger, requestContext } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { createServer, type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createMemoryStore,
  createRateLimiter,
  type MemoryStore,
  type RateLimitOptions,
  type RateLimitPolicy,
  type RateLimitStore,
} from './index.ts'

const clock = createFakeClock()
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const policy = (changes: Partial<RateLimitPolicy> = {}): RateLimitPolicy => ({
  name: 'a',
  limit: 2,
  windowMs: 60_000,
  key: 'address',
  onStoreError: 'allow',
  ...changes,
})

/** A store that answers later, as one over the network does, and can be made to fail. */
function createRemoteStore(inner: MemoryStore = createMemoryStore({ clock })) {
  const state = { calls: 0, down: false }
  const store: RateLimitStore = {
    ...inner,
    prepare(rules) {
      const take = inner.prepare(rules)
      return (subject, costs) => {
        state.calls++
        return state.down ? Promise.reject(new Error('down')) : Promise.resolve(take(subject, costs))
      }
    },
    edit: (edit) => {
      if (state.down) return Promise.reject(new Error('down'))
      inner.edit(edit)
      return Promise.resolve()
    },
    watch: () => ({ hears: true, close: () => undefined }),
  }
  return { store, state }
}

function setUp(options: RateLimitOptions) {
  const events = createEventBus(noopLogger)
  const told: [AlfredEventName, object][] = []
  for (const name of ['rate-limit.denied', 'rate-limit.shadow-denied', 'rate-limit.key-missing'] as const) {
    events.on(name, (event) => told.push([name, event]))
  }
  const limiter = createRateLimiter({ store: createMemoryStore({ clock }), clock, events, ...options })
  closers.push(() => limiter.close())
  return { limiter, told }
}

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Listens until the test is over. */
async function listen(listener: RequestListener, socketPath?: string) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  closers.push(() => new Promise((resolve) => server.close(resolve)))
  if (socketPath !== undefined) return { socketPath }
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** Serves with the limiter in front, and returns a function that asks. */
async function serve(
  { limiter }: Pick<ReturnType<typeof setUp>, 'limiter'>,
  { socketPath, identify }: { socketPath?: string; identify?: boolean } = {},
) {
  const target = await listen((request, response) => {
    const user = request.headers['x-user']
    if (identify && typeof user === 'string') requestContext(request).identity = { kind: 'user', id: user }
    limiter.middleware(request, response, (error) => {
      response.statusCode = error === undefined ? 200 : 500
      response.end('ok')
    })
  }, socketPath)
  return (path = '/api', headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest({ ...target, path, headers, method, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
}

const statuses = (replies: readonly Reply[]): number[] => replies.map(({ status }) => status)

describe('the middleware', () => {
  it('lets requests pass and says what is left', async () => {
    const ask = await serve(setUp({ policies: [policy({ name: 'api', limit: 100, windowMs: 900_000 })] }))
    const { status, headers } = await ask()
    expect(status).toBe(200)
    expect(headers['ratelimit-policy']).toBe('"api";q=100;w=900')
    expect(headers['ratelimit']).toBe('"api";r=99;t=9')
    expect(headers['retry-after']).toBeUndefined()
  })

  it('ends a request too many with 429 and a problem', async () => {
    const { limiter, told } = setUp({
      policies: [policy({ limit: 1, name: 'say "a"' }), policy({ name: 'b' })],
    })
    const ask = await serve({ limiter })
    await ask()
    const { status, headers, body } = await ask()
    expect(status).toBe(429)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(headers['retry-after']).toBe('60')
    expect(headers['ratelimit-policy']).toBe('"say \\"a\\"";q=1;w=60, "b";q=2;w=60')
    expect(headers['ratelimit']).toBe('"say \\"a\\"";r=0;t=60')
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Request cannot be satisfied as assigned quota has been exceeded',
      status: 429,
      'violated-policies': ['say "a"'],
    })
    expect(told).toEqual([['rate-limit.denied', { policy: 'say "a"', retryAfterMs: 60_000 }]])
  })

  it.each([
    [60_000, '60'],
    [59_999.5, '60'],
    [1500, '2'],
    [200, '1'],
  ])('rounds Retry-After up: a wait of %d ms is %s s', async (waitMs, expected) => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })] }))
    await ask()
    clock.advance(60_000 - waitMs)
    expect((await ask()).headers['retry-after']).toBe(expected)
  })

  it('admits again after Retry-After', async () => {
    const ask = await serve(setUp({ policies: [policy()] }))
    expect(statuses([await ask(), await ask(), await ask()])).toEqual([200, 200, 429])
    clock.advance(30_000)
    expect(statuses([await ask(), await ask()])).toEqual([200, 429])
  })

  it('has no body for HEAD', async () => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })] }))
    await ask('/', {}, 'HEAD')
    expect(await ask('/', {}, 'HEAD')).toMatchObject({ status: 429, body: '' })
  })

  it.each([
    ['/api', 429],
    ['/api/', 429],
    ['/API/x', 429],
    ['/api?q', 429],
    ['/apis', 200],
    ['/', 200],
  ])('applies a policy to /api: %s', async (path, expected) => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1, match: '/api' })] }))
    await ask()
    const { status, headers } = await ask(path)
    expect(status).toBe(expected)
    expect(headers['ratelimit'] === undefined).toBe(expected === 200)
  })

  it('does not apply a policy that only consume() uses', async () => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1, match: false })] }))
    expect(statuses([await ask(), await ask()])).toEqual([200, 200])
  })

  it.each([
    ['one address', '203.0.113.7', '203.0.113.7', 429],
    ['two addresses', '203.0.113.7', '203.0.113.8', 200],
    ['one /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 429],
    ['two /64', '2001:db8:1:2::1', '2001:db8:1:3::1', 200],
    ['an address in two forms', '203.0.113.7', '::ffff:203.0.113.7', 429],
  ])('counts by address: %s', async (_what, first, second, expected) => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })], trustProxy: 'loopback' }))
    await ask('/', { 'X-Forwarded-For': first })
    expect((await ask('/', { 'X-Forwarded-For': second })).status).toBe(expected)
  })

  it('does not believe X-Forwarded-For of a peer it does not trust', async () => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })] }))
    await ask('/', { 'X-Forwarded-For': '203.0.113.7' })
    expect((await ask('/', { 'X-Forwarded-For': '203.0.113.8' })).status).toBe(429)
  })

  it('counts by user, and anonymous requests by address', async () => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1, key: 'user' })] }), { identify: true })
    const users = ['ann', 'bob', undefined, 'ann', undefined]
    const replies = []
    for (const user of users) replies.push(await ask('/', user === undefined ? {} : { 'X-User': user }))
    expect(statuses(replies)).toEqual([200, 200, 200, 429, 429])
  })

  it('counts by a function of the request', async () => {
    const key = (request: IncomingMessage): string | undefined => request.headers['x-tenant']?.toString()
    const { limiter, told } = setUp({ policies: [policy({ limit: 1, key })] })
    const ask = await serve({ limiter })
    const replies = [await ask('/', { 'X-Tenant': '1' }), await ask('/', { 'X-Tenant': '1' })]
    // Without a tenant there is nobody to count, and no key that all of them share.
    replies.push(await ask(), await ask())
    expect(statuses(replies)).toEqual([200, 429, 200, 200])
    expect(told.filter(([name]) => name === 'rate-limit.key-missing')).toEqual([
      ['rate-limit.key-missing', { policy: 'a' }],
    ])
  })

  it('leaves a client without an address uncounted, and tells so once', async () => {
    const socketPath = join(tmpdir(), `alfred-rate-limit-${String(process.pid)}.sock`)
    const { limiter, told } = setUp({ policies: [policy({ limit: 1 })] })
    const ask = await serve({ limiter }, { socketPath })
    expect(statuses([await ask(), await ask()])).toEqual([200, 200])
    expect(told).toEqual([['rate-limit.key-missing', { policy: 'a' }]])
  })

  it('hands on what a key function throws', async () => {
    const key = (): string => {
      throw new Error('no tenant')
    }
    const ask = await serve(setUp({ policies: [policy({ key })] }))
    expect((await ask()).status).toBe(500)
  })

  it('only tells what a shadow policy would deny, and does not show it', async () => {
    const { limiter, told } = setUp({
      policies: [policy({ limit: 1, mode: 'shadow' }), policy({ name: 'b' })],
    })
    const ask = await serve({ limiter })
    const replies = [await ask(), await ask()]
    expect(statuses(replies)).toEqual([200, 200])
    expect(replies.map(({ headers }) => headers['ratelimit'])).toEqual(['"b";r=1;t=30', '"b";r=0;t=30'])
    expect(told).toEqual([['rate-limit.shadow-denied', { policy: 'a', retryAfterMs: 60_000 }]])
  })

  it('sends the older fields for the policy with the least left', async () => {
    const ask = await serve(
      setUp({ policies: [policy({ limit: 10 }), policy({ name: 'b', limit: 5 })], headers: 'legacy' }),
    )
    const { headers } = await ask()
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' })
    expect(headers['x-ratelimit-reset']).toBe(String(Math.ceil(clock.now() / 1000) + 12))
    expect(headers['ratelimit']).toBeUndefined()
  })

  it('sends no fields when told so, but Retry-After', async () => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })], headers: false }))
    await ask()
    const { headers } = await ask()
    expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([])
    expect(headers['retry-after']).toBe('60')
  })

  it('adds its fields to those of another limiter', async () => {
    const one = setUp({ policies: [policy({ name: 'one' })] })
    const two = setUp({ policies: [policy({ name: 'two' })] })
    const ask = await serve({
      limiter: {
        ...two.limiter,
        middleware: (request, response, next) => {
          one.limiter.middleware(request, response, () => {
            two.limiter.middleware(request, response, next)
          })
        },
      },
    })
    expect((await ask()).headers['ratelimit']).toBe('"one";r=1;t=30, "two";r=1;t=30')
  })

  it('gives back what other subjects were counted when one is denied', async () => {
    const policies = [
      policy({ name: 'address', limit: 10 }),
      policy({ name: 'user', limit: 1, key: 'user' }),
      policy({ name: 'watch', limit: 1, mode: 'shadow' }),
    ]
    const { limiter } = setUp({ policies, store: createRemoteStore().store })
    const ask = await serve({ limiter }, { identify: true })
    expect(statuses([await ask('/', { 'X-User': 'ann' }), await ask('/', { 'X-User': 'ann' })])).toEqual([
      200, 429,
    ])
    expect((await limiter.get('address', '127.0.0.1')).remaining).toBe(9)
    expect((await limiter.get('watch', '127.0.0.1')).remaining).toBe(0)
  })
})

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
})

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

  it.each([
    ['an unknown policy', { policy: 'x', key }, 'ALFRED_RATE_LIMIT_UNKNOWN_POLICY'],
    ['a cost above the burst', { policy: 'a', key, cost: 3 }, 'ALFRED_RATE_LIMIT_INVALID_COST'],
    ['a negative cost', { policy: 'a', key, cost: -1 }, 'ALFRED_RATE_LIMIT_INVALID_COST'],
    ['a part of a cost', { policy: 'a', key, cost: 0.5 }, 'ALFRED_RATE_LIMIT_INVALID_COST'],
  ])('refuse %s', async (_what, take, code) => {
    await expect(setUp({ policies: [policy()] }).limiter.consume(take)).rejects.toMatchObject({ code })
  })
})

it('answers before a large body has come, and cuts the connection of a client that goes on sending', async () => {
  const { limiter } = setUp({ policies: [policy({ limit: 1 })] })
  const ask = await serve({ limiter })
  await ask()
  const server = await listen((request, response) => {
    limiter.middleware(request, response, () => response.end('served'))
  })
  const bodyBytes = 1_000_000_000
  const { status, connection, sentBytes } = await new Promise<{
    status: number | undefined
    connection: string | undefined
    sentBytes: number
  }>((resolve, reject) => {
    const outgoing = httpRequest(
      { ...server, method: 'POST', path: '/api', agent: false, headers: { 'Content-Length': bodyBytes } },
      (response) => {
        const { statusCode, headers } = response
        resolve({
          status: statusCode,
          connection: headers.connection,
          sentBytes: outgoing.socket?.bytesWritten ?? 0,
        })
        outgoing.destroy()
      },
    )
    outgoing.on('error', reject)
    outgoing.write(Buffer.alloc(1_000_000))
  })
  expect(status).toBe(429)
  expect(connection).toBe('close')
  expect(sentBytes).toBeLessThan(bodyBytes)
})
