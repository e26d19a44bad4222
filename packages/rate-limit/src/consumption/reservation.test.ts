import { createFakeClock } from '@alfred/testkit'
import { EventEmitter } from 'node:events'
import { IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../test/limiter-under-test.ts'
import { createMemoryStore, createRateLimiter } from '../index.ts'

function createLimiter(limit = 100) {
  const clock = createFakeClock()
  return createRateLimiter({
    clock,
    store: createMemoryStore({ clock }),
    policies: [{ name: 'tokens', limit, windowMs: 60_000, key: 'user', match: false }],
  })
}

/** The part of a response that a reservation listens to. */
const createResponse = (writableFinished = false) =>
  Object.assign(new EventEmitter(), {
    writableEnded: writableFinished,
    writableFinished,
    closed: false,
    headersSent: true,
  }) as unknown as ServerResponse

const left = async (limiter: ReturnType<typeof createLimiter>): Promise<number> =>
  (await limiter.get('tokens', 'ann')).remaining

const noUnits: readonly (readonly [string, unknown])[] = [
  ['NaN', NaN],
  ['infinity', Infinity],
  ['a negative number', -1],
  ['a text', '3'],
  ['nothing', undefined],
  ['an object', {}],
]

describe('a number that cannot be counted', () => {
  it.each(noUnits)(
    '%s is refused by spend(), settle() and report(), and counts nothing',
    async (_name, units) => {
      const limiter = createLimiter()
      const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50 })
      const given = units as number
      expect(() => {
        reservation.spend(given)
      }).toThrow(expect.objectContaining({ code: 'ALFRED_RATE_LIMIT_INVALID_COST' }))
      await expect(reservation.settle(given)).rejects.toMatchObject({
        code: 'ALFRED_RATE_LIMIT_INVALID_COST',
      })
      await reservation.refund()
      expect(await left(limiter)).toBe(100)
    },
  )

  it.each(noUnits.filter(([, units]) => units !== undefined))(
    '%s is refused by report()',
    (_name, weight) => {
      const limiter = createLimiter()
      expect(() => {
        limiter.report(new IncomingMessage(new Socket()), weight as number)
      }).toThrow(expect.objectContaining({ code: 'ALFRED_RATE_LIMIT_INVALID_COST' }))
    },
  )

  it.each(noUnits)('%s is refused by block(), reward() and penalty()', async (_name, given) => {
    const limiter = createLimiter()
    const number = given as number
    await expect(limiter.block('tokens', 'ann', number)).rejects.toMatchObject({
      code: 'ALFRED_RATE_LIMIT_INVALID_DURATION',
      details: { policy: 'tokens', minMs: 1, maxMs: 3_155_760_000_000 },
    })
    for (const change of ['reward', 'penalty'] as const) {
      await expect(limiter[change]('tokens', 'ann', number)).rejects.toMatchObject({
        code: 'ALFRED_RATE_LIMIT_INVALID_COST',
        details: { policy: 'tokens', min: 1 },
      })
    }
  })
})

describe('a reservation', () => {
  it.each([
    ['less', 30, 70],
    ['as much', 50, 50],
    ['more', 80, 20],
    ['more than there is', 1000, 0],
    ['nothing', 0, 100],
  ])('is settled with what it was: %s than reserved', async (_what, actual, expected) => {
    const limiter = createLimiter()
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50 })
    expect(await left(limiter)).toBe(50)
    await reservation.settle(actual)
    expect(await left(limiter)).toBe(expected)
  })

  it('ends once', async () => {
    const limiter = createLimiter()
    const response = createResponse()
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50, response })
    await reservation.settle(20)
    await reservation.refund()
    await reservation.settle(90)
    response.emit('close')
    expect(await left(limiter)).toBe(80)
  })

  it('gives everything back when the response closes before its end', async () => {
    const limiter = createLimiter()
    const response = createResponse()
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50, response })
    response.emit('close')
    await reservation.settle(50)
    expect(await left(limiter)).toBe(100)
  })

  it('keeps what was spent by then', async () => {
    const limiter = createLimiter()
    const response = createResponse()
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50, response })
    reservation.spend(10)
    reservation.spend(4.5)
    response.emit('close')
    await reservation.refund()
    expect(await left(limiter)).toBe(85)
  })

  it('is refunded but for what was spent', async () => {
    const limiter = createLimiter()
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50 })
    reservation.spend(10)
    await reservation.refund()
    expect(await left(limiter)).toBe(90)
  })

  it('waits to be settled when the response ends as it should', async () => {
    const limiter = createLimiter()
    const response = createResponse(true)
    const reservation = await limiter.reserve('ann', { policy: 'tokens', cost: 50, response })
    response.emit('close')
    await reservation.settle(10)
    expect(await left(limiter)).toBe(90)
  })

  it('that was denied counts nothing, whatever is called', async () => {
    const limiter = createLimiter()
    await limiter.reserve('ann', { policy: 'tokens', cost: 80 })
    const denied = await limiter.reserve('ann', { policy: 'tokens', cost: 50 })
    expect(denied).toMatchObject({ allowed: false, violated: ['tokens'] })
    await denied.settle(10)
    await denied.refund()
    expect(await left(limiter)).toBe(20)
  })

  it.each([-1, 1.5, NaN])('refuses a cost of %d', async (cost) => {
    await expect(createLimiter().reserve('ann', { policy: 'tokens', cost })).rejects.toMatchObject({
      code: 'ALFRED_RATE_LIMIT_INVALID_COST',
    })
  })

  it('of more than there ever is is denied, with 429 and no time to come back', async () => {
    const limiter = createLimiter()
    const server = await listen((request, response) => {
      void limiter.reserve('ann', { policy: 'tokens', cost: 101 }).then((reservation) => {
        reservation.deny(request, response)
      })
    })
    const response = await fetch(`http://127.0.0.1:${String(server.port)}/`)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBeNull()
    expect(response.headers.get('ratelimit')).toMatch(/;r=100$/)
    expect(await left(limiter)).toBe(100)
  })
})
