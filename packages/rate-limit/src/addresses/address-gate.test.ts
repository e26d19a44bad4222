import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createMemoryStore, createRateLimiter, type RateLimitOptions } from '../index.ts'

const policies = [{ name: 'a', limit: 2, windowMs: 60_000, key: 'address' }] as const

function setUp(options: RateLimitOptions) {
  const clock = createFakeClock()
  const events = createEventBus(noopLogger)
  const refused: AlfredEvents['rate-limit.address-refused']['reason'][] = []
  events.on('rate-limit.address-refused', ({ reason }) => refused.push(reason))
  const store = createMemoryStore({ clock })
  const limiter = createRateLimiter({ policies, store, clock, events, ...options })

  /** @param status - what the application answers */
  const ask = (address: string, status = 200): number => {
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: address })
    const request = new IncomingMessage(socket)
    const response = new ServerResponse(request)
    limiter.middleware(request, response, () => {
      response.writeHead(status)
      response.emit('finish')
    })
    return response.statusCode
  }
  const requestOf = (address: string): IncomingMessage => {
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: address })
    return new IncomingMessage(socket)
  }
  return { ask, clock, limiter, refused, requestOf }
}

it.each<[string, RateLimitOptions, string, number[]]>([
  ['an address of neither list is limited', {}, '203.0.113.7', [200, 200, 429]],
  ['an allowed one is not', { allow: ['203.0.113.0/24'] }, '203.0.113.7', [200, 200, 200]],
  ['a denied one is refused', { deny: ['203.0.113.0/24'] }, '203.0.113.7', [403, 403, 403]],
  ['a denied one, IPv4-mapped', { deny: ['203.0.113.0/24'] }, '::ffff:203.0.113.7', [403, 403, 403]],
  [
    'one in both is allowed',
    { allow: ['203.0.113.7'], deny: ['203.0.113.0/24'] },
    '203.0.113.7',
    [200, 200, 200],
  ],
])('%s', (_what, options, address, expected) => {
  const { ask } = setUp(options)
  expect(expected.map(() => ask(address))).toEqual(expected)
})

it('bans who goes on after being denied, and serves again after the ban', () => {
  const { ask, clock, refused } = setUp({ bans: { after: 3 } })
  const statuses = Array.from({ length: 7 }, () => ask('203.0.113.7'))
  expect(statuses).toEqual([200, 200, 429, 429, 429, 429, 429])
  expect(refused).toEqual(['banned', 'banned'])
  expect(ask('203.0.113.8')).toBe(200)
  clock.advance(60_000)
  expect(ask('203.0.113.7')).toBe(200)
})

it.each([
  ['401 by itself', {}, 401, true],
  ['no 404', {}, 404, false],
  ['404 where told so', { statuses: { 404: 1 } }, 404, true],
  ['no 401 where told so', { statuses: {} }, 401, false],
])('counts responses as offences: %s', (_what, bans, status, expected) => {
  const { ask } = setUp({ bans: { after: 3, ...bans }, policies: [{ ...policies[0], limit: 100 }] })
  for (let request = 0; request < 3; request++) ask('203.0.113.7', status)
  expect(ask('203.0.113.7') === 429).toBe(expected)
})

it('takes reports of the application, and lifts a ban', async () => {
  const { ask, limiter, requestOf } = setUp({ bans: { after: 3 } })
  limiter.report(requestOf('203.0.113.7'))
  limiter.report(requestOf('203.0.113.7'), 2)
  expect(ask('203.0.113.7')).toBe(429)
  await limiter.unban('203.0.113.7')
  expect(ask('203.0.113.7')).toBe(200)
})

it('never bans an allowed address', () => {
  const { ask, limiter, requestOf } = setUp({ bans: { after: 1 }, allow: ['203.0.113.7'] })
  limiter.report(requestOf('203.0.113.7'), 100)
  expect(ask('203.0.113.7', 401)).toBe(401)
  expect(ask('203.0.113.7')).toBe(200)
})

it('takes reports without bans, for nothing', () => {
  const { ask, limiter, requestOf } = setUp({})
  limiter.report(requestOf('203.0.113.7'), 100)
  expect(ask('203.0.113.7')).toBe(200)
})
