import { createEventBus, noopLogger } from '@alfred/core'
import { type RedisService, startRedis, waitFor } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRateLimiter, createRedisStore, type OnStoreError, type RateLimiter } from '../../src/index.ts'

/** No call may take longer: the deadline of 50 ms, and what a busy machine adds. */
const longestMs = 500

let redis: RedisService
let limiter: RateLimiter
let told: string[]

beforeEach(async () => {
  redis = await startRedis()
  told = []
})
afterEach(async () => {
  await limiter.close()
  await redis.stop()
})

const policyFor = (onStoreError: OnStoreError) => ({
  name: onStoreError,
  limit: 10,
  windowMs: 3_600_000,
  key: () => undefined,
  onStoreError,
})

function createLimiter(): RateLimiter {
  const events = createEventBus(noopLogger)
  events.on('rate-limit.store-unavailable', ({ policy, action }) => told.push(`${policy} ${action}`))
  events.on('rate-limit.store-recovered', () => told.push('recovered'))
  return createRateLimiter({
    policies: [policyFor('allow'), policyFor('deny'), policyFor('local')],
    store: createRedisStore({ url: redis.url }),
    instances: 2,
    events,
  })
}

/** Asks for a request of each policy, by clients of their own, and fails when one waits too long. */
async function ask(client: string) {
  const startedAt = performance.now()
  const [allow, deny, local] = await Promise.all(
    ['allow', 'deny', 'local'].map(async (policy) => limiter.consume({ policy, key: `${policy} ${client}` })),
  )
  expect(performance.now() - startedAt).toBeLessThan(longestMs)
  return { allow, deny, local }
}

/** What the three policies do while Redis is away. */
async function expectFallbacks(): Promise<void> {
  for (let request = 0; request < 8; request++) {
    const { allow, deny, local } = await ask('outage')
    expect(allow).toMatchObject({ allowed: true, statuses: [] })
    expect(deny).toMatchObject({ allowed: false, reason: 'store', violated: ['deny'] })
    // Half of the limit of 10, for there are two instances.
    expect(local?.allowed).toBe(request < 5)
  }
  expect(told.toSorted()).toEqual(['allow allow', 'deny deny', 'local local'])
}

/** Waits until the store answers again, for which nobody has to do anything but ask. */
async function expectRecovery(): Promise<void> {
  await waitFor(async () => (await ask('recovery')).deny?.allowed, { what: 'the recovery' })
  expect(told.at(-1)).toBe('recovered')
  expect(told.filter((each) => each === 'recovered')).toHaveLength(1)
  expect((await ask('after')).deny).toMatchObject({ allowed: true, statuses: [{ remaining: 9 }] })
}

describe('each policy does what it says, and recovers', () => {
  it('when Redis is killed and comes back', async () => {
    limiter = createLimiter()
    await limiter.ready()
    expect((await ask('before')).deny?.allowed).toBe(true)
    await redis.kill()
    await expectFallbacks()
    await redis.restart()
    await expectRecovery()
  })

  it('when Redis stops answering and goes on', async () => {
    limiter = createLimiter()
    await limiter.ready()
    expect((await ask('before')).deny?.allowed).toBe(true)
    redis.pause()
    await expectFallbacks()
    redis.resume()
    await expectRecovery()
  })

  it('when Redis stops answering for so long that the connection is given up', async () => {
    limiter = createRateLimiter({
      policies: [policyFor('deny')],
      store: createRedisStore({ url: redis.url, timeoutMs: 100 }),
    })
    await limiter.ready()
    const allowed = async () => (await limiter.consume({ policy: 'deny', key: 'a' })).allowed
    expect(await allowed()).toBe(true)
    redis.pause()
    let refusals = 0
    await waitFor(async () => {
      if (!(await allowed())) refusals++
      return refusals >= 50
    })
    redis.resume()
    await waitFor(allowed)
    // The calls that were given up may have been counted late, but none of them twice.
    const { remaining } = await limiter.get('deny', 'a')
    expect(remaining).toBeLessThanOrEqual(8)
  })

  it('when Redis is not there at the start', async () => {
    await redis.kill()
    limiter = createLimiter()
    const startedAt = performance.now()
    await limiter.ready()
    expect(performance.now() - startedAt).toBeLessThan(1500)
    await expectFallbacks()
    await redis.restart()
    await expectRecovery()
  })

  it('when Redis is full and may not evict', async () => {
    limiter = createLimiter()
    await limiter.ready()
    const inspector = new Redis(redis.url)
    await inspector.config('SET', 'maxmemory-policy', 'noeviction')
    await inspector.config('SET', 'maxmemory', '1')
    await expectFallbacks()
    await inspector.config('SET', 'maxmemory', '0')
    await expectRecovery()
    inspector.disconnect()
  })

  it('when Redis has become a replica that takes no writes, and a master again', async () => {
    limiter = createLimiter()
    await limiter.ready()
    const inspector = new Redis(redis.url)
    await inspector.replicaof('127.0.0.1', 1)
    await expectFallbacks()
    await inspector.replicaof('NO', 'ONE')
    await expectRecovery()
    inspector.disconnect()
  })
})

it('does not notice a script flush', async () => {
  limiter = createLimiter()
  await limiter.ready()
  const inspector = new Redis(redis.url)
  await ask('a')
  await inspector.script('FLUSH')
  expect((await ask('a')).deny).toMatchObject({ allowed: true, statuses: [{ remaining: 8 }] })
  expect(told).toEqual([])
  inspector.disconnect()
})

it('counts nothing twice when connections break under traffic', async () => {
  limiter = createRateLimiter({
    // So slow that nothing comes back during the test.
    policies: [{ ...policyFor('deny'), limit: 1_000_000, windowMs: 10 * 365 * 86_400_000 }],
    store: createRedisStore({ url: redis.url }),
  })
  await limiter.ready()
  const inspector = new Redis(redis.url)
  let asked = 0
  let allowed = 0
  let running = true
  const clients = Array.from({ length: 16 }, async () => {
    while (running) {
      asked++
      if ((await limiter.consume({ policy: 'deny', key: 'a' })).allowed) allowed++
      // While the breaker is open an answer takes no turn of the event loop.
      else await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  for (const breaks of [1, 2, 3]) {
    const before = allowed
    await waitFor(() => allowed > before + 200, { what: `traffic before break ${String(breaks)}` })
    await inspector.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  }
  const before = allowed
  await waitFor(() => allowed > before + 200, { what: 'traffic after the breaks' })
  running = false
  await Promise.all(clients)
  // The store may have been slower than the deadline once more.
  const { remaining } = await waitFor(() => limiter.get('deny', 'a').catch(() => undefined))
  const counted = 1_000_000 - remaining
  expect(counted).toBeGreaterThanOrEqual(allowed)
  expect(counted).toBeLessThanOrEqual(asked)
  inspector.disconnect()
})
