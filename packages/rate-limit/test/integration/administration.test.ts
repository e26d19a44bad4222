import { startRedis, startRedisCluster, waitFor } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createRateLimiter,
  createRedisStore,
  type RateLimiter,
  type RedisStoreOptions,
} from '../../src/index.ts'

const [redis, cluster] = await Promise.all([startRedis(), startRedisCluster()])
afterAll(() => Promise.all([redis.stop(), cluster.stop()]))

/** How soon another process knows of an edit, with much to spare for a busy machine. */
const knowsWithinMs = 10_000

const places: readonly { where: string; store: RedisStoreOptions; urls: readonly string[] }[] = [
  { where: 'one Redis', store: { url: redis.url }, urls: [redis.url] },
  { where: 'a cluster of six nodes', store: { cluster: cluster.urls }, urls: cluster.urls },
]

/** A replica has what its master has, and answers for no key itself. */
const isMaster = async (inspector: Redis): Promise<boolean> =>
  String(await inspector.role()).startsWith('master')

describe.each(places)('an administrator of one process on $where', ({ store, urls }) => {
  const inspectors = urls.map((url) => new Redis(url))
  afterAll(() => {
    for (const inspector of inspectors) inspector.disconnect()
  })
  /** What all nodes say. */
  const everywhere = <T>(ask: (inspector: Redis) => Promise<T>): Promise<T[]> =>
    Promise.all(inspectors.map(ask))
  const keys = async (pattern: string): Promise<string[]> =>
    (await everywhere((inspector) => inspector.keys(pattern))).flat()
  const subscriptions = async (): Promise<number> => {
    const counts = await everywhere((inspector) => inspector.pubsub('NUMSUB', 'alfred:rl:edits'))
    return counts.reduce((sum, [, count]) => sum + Number(count), 0)
  }

  let here: RateLimiter
  let there: RateLimiter
  /** What the application's database says of everybody. */
  let plan = { limit: 1 }

  const start = async (): Promise<RateLimiter> => {
    const limiter = createRateLimiter({
      store: createRedisStore(store),
      deadlineMs: 2000,
      policies: [
        { name: 'login', limit: 2, windowMs: 3_600_000, key: 'user', match: false, onStoreError: 'deny' },
        { name: 'api', limit: 2, windowMs: 3_600_000, key: 'user', match: false, plan: () => plan },
      ],
    })
    await limiter.ready()
    return limiter
  }
  const take = async (limiter: RateLimiter): Promise<boolean> =>
    (await limiter.consume({ policy: 'login', key: 'ann' })).allowed
  const known = (limiter: RateLimiter) =>
    waitFor(() => take(limiter), { what: 'the other process', timeoutMs: knowsWithinMs })

  beforeEach(async () => {
    await everywhere(async (inspector) => {
      if (await isMaster(inspector)) await inspector.flushall()
    })
    ;[here, there] = [await start(), await start()]
    await waitFor(async () => (await subscriptions()) === 2, {
      what: 'both subscriptions',
      timeoutMs: 30_000,
    })
  })
  afterEach(() => Promise.all([here.close(), there.close()]))

  const useUp = async (): Promise<void> => {
    expect([await take(there), await take(there), await take(there)]).toEqual([true, true, false])
  }

  it('forgets a plan, and the other process asks for it anew', async () => {
    const limitThere = async (): Promise<number> => (await there.get('api', 'ann')).limit
    plan = { limit: 1 }
    expect(await limitThere()).toBe(1)
    plan = { limit: 9 }
    expect(await limitThere()).toBe(1)
    await here.plans.forget('ann')
    await waitFor(async () => (await limitThere()) === 9, {
      what: 'the other process',
      timeoutMs: knowsWithinMs,
    })
    expect(await keys('*plan*')).toEqual([])
  })

  it('gives back units, and whoever was denied there is let in again', async () => {
    const reservation = await here.reserve('ann', { policy: 'login', cost: 2 })
    expect(await take(there)).toBe(false)
    await reservation.refund()
    await known(there)
  })

  it('resets what another has counted and remembers', async () => {
    await useUp()
    await here.reset('login', 'ann')
    await known(there)
  })

  it('rewards somebody whom another denies', async () => {
    await useUp()
    expect(await here.reward('login', 'ann', 1)).toMatchObject({ remaining: 1 })
    await known(there)
    expect(await take(there)).toBe(false)
  })

  it('blocks for all, and unblocks', async () => {
    await here.block('login', 'ann', 3_600_000)
    expect(await take(here)).toBe(false)
    expect(await take(there)).toBe(false)
    expect(await there.get('login', 'ann')).toMatchObject({ allowed: false, remaining: 0 })
    await here.unblock('login', 'ann')
    await known(there)
    expect(await take(there)).toBe(true)
    expect(await take(there)).toBe(false)
  })

  it('counts a penalty that does not fit', async () => {
    await take(there)
    expect(await here.penalty('login', 'ann', 5)).toMatchObject({ allowed: false, remaining: 0 })
    expect(await take(there)).toBe(false)
  })

  it('is heard of also when the subscription was lost meanwhile', async () => {
    await useUp()
    await everywhere((inspector) => inspector.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
    await here.reset('login', 'ann')
    await known(there)
  })

  it('leaves no key behind that does not expire', async () => {
    await here.block('login', 'ann', 60_000)
    await here.penalty('login', 'bob', 1)
    await everywhere(async (inspector) => {
      if (!(await isMaster(inspector))) return
      for (const key of await inspector.keys('*')) expect(await inspector.pttl(key)).toBeGreaterThan(0)
    })
    expect(await keys('*ann*')).not.toEqual([])
    await here.reset('login', 'ann')
    await waitFor(async () => (await keys('*ann*')).length === 0, { what: 'the reset' })
  })
})
