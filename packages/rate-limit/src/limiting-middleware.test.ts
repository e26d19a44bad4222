import { type IncomingMessage, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  clock,
  createRemoteStore,
  listen,
  policy,
  serve,
  setUp,
  statuses,
} from '../test/limiter-under-test.ts'

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
    ['one /56', '2001:db8:1:2::1', '2001:db8:1:ff::1', 429],
    ['two /56', '2001:db8:1:2::1', '2001:db8:1:100::1', 200],
    ['an address in two forms', '203.0.113.7', '::ffff:203.0.113.7', 429],
  ])('counts by address: %s', async (_what, first, second, expected) => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1 })], trustProxy: 'loopback' }))
    await ask('/', { 'X-Forwarded-For': first })
    expect((await ask('/', { 'X-Forwarded-For': second })).status).toBe(expected)
  })

  it.each([
    [64, '2001:db8:1:2::1', '2001:db8:1:3::1', 200],
    [48, '2001:db8:1:2::1', '2001:db8:1:ffff::1', 429],
  ])('counts IPv6 by the network of a policy, /%d', async (ipv6PrefixBits, first, second, expected) => {
    const ask = await serve(
      setUp({ policies: [policy({ limit: 1, ipv6PrefixBits })], trustProxy: 'loopback' }),
    )
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

  it.each<[string, () => unknown, number[]]>([
    ['a string', () => 'acme', [200, 429]],
    ['a number', () => 7, [200, 429]],
    ['nobody', () => null, [200, 200]],
    [
      'a throw, by address',
      () => {
        throw new Error('no tenant')
      },
      [200, 429],
    ],
    ['NaN, by address', () => NaN, [200, 429]],
    ['an object, by address', () => ({ tenant: 'acme' }), [200, 429]],
    ['a promise, by address', () => Promise.resolve('acme'), [200, 429]],
    ['a rejection, by address', () => Promise.reject(new Error('no tenant')), [200, 429]],
  ])('counts a key function that returns %s', async (_name, key, expected) => {
    const ask = await serve(setUp({ policies: [policy({ limit: 1, key: key as () => string })] }))
    expect(statuses([await ask(), await ask()])).toEqual(expected)
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
