import { rateLimitStoreConformance, startRedis } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedisStore, type RateLimitStore } from '../../src/index.ts'

const redis = await startRedis()
const inspector = new Redis(redis.url)
afterAll(async () => {
  inspector.disconnect()
  await redis.stop()
})
beforeEach(() => inspector.flushall())

rateLimitStoreConformance('the Redis store', () => ({
  store: createRedisStore({ url: redis.url }),
  pass: (ms) => delay(Math.ceil(ms) + 1),
}))

const rule = { name: 'a', limit: 10, windowMs: 60_000, burst: 10, cost: 1, enforced: true }
const rules = ['a', 'b', 'c'].map((name) => ({ ...rule, name }))

describe('the Redis store', () => {
  let store: RateLimitStore

  beforeEach(async () => {
    store = createRedisStore({ url: redis.url })
    await store.ready()
  })
  afterEach(() => store.close())

  const calls = async (command: string): Promise<number> => {
    const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await inspector.info('commandstats'))
    return Number(found?.[1] ?? 0)
  }

  it('keeps all rules of a subject in one key, which expires when nothing is counted any more', async () => {
    const answer = await store.prepare(rules)('a:203.0.113.7')
    expect(await inspector.keys('*')).toEqual(['alfred:rl:{a:203.0.113.7}'])
    const resetMs = answer.answers[0]?.resetMs ?? 0
    const ttl = await inspector.pttl('alfred:rl:{a:203.0.113.7}')
    expect(ttl).toBeGreaterThan(resetMs - 1000)
    expect(ttl).toBeLessThanOrEqual(resetMs + 3)
  })

  it('sends one command for a subject, however many rules it has', async () => {
    const take = store.prepare(rules)
    await take('s')
    await inspector.config('RESETSTAT')
    await Promise.all(['s', 's', 't'].map(async (subject) => take(subject)))
    expect(await calls('evalsha')).toBe(3)
    expect(await calls('eval')).toBe(0)
  })

  it('knows its script again after SCRIPT FLUSH, and counts once', async () => {
    const take = store.prepare(rules)
    await take('s')
    await inspector.script('FLUSH')
    const answers = await Promise.all(Array.from({ length: 5 }, async () => take('s')))
    expect(answers.every(({ admitted }) => admitted)).toBe(true)
    expect((await take('s', { costs: [0, 0, 0] })).answers.map(({ remaining }) => remaining)).toEqual([
      4, 4, 4,
    ])
  })

  it('looks without writing', async () => {
    await store.prepare([rule])('s', { costs: [0] })
    expect(await inspector.dbsize()).toBe(0)
  })

  it('keeps to its prefix', async () => {
    const other = createRedisStore({ url: redis.url, prefix: 'mine:' })
    await other.ready()
    await other.prepare([rule])('s')
    await other.close()
    expect(await inspector.keys('*')).toEqual(['mine:{s}'])
  })

  it('opens a connection of its own with the settings of a client', async () => {
    const client = new Redis(redis.url, { connectionName: 'lender', lazyConnect: true })
    const borrower = createRedisStore({ client })
    await borrower.ready()
    expect((await borrower.prepare([rule])('s')).admitted).toBe(true)
    expect(client.status).toBe('wait')
    await borrower.close()
    client.disconnect()
  })

  it('rejects, and does not hang, when a value is not its own', async () => {
    await inspector.lpush('alfred:rl:{s}', 'x')
    await expect(store.prepare([rule])('s')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
  })

  it('rejects after it was closed', async () => {
    const take = store.prepare([rule])
    await store.close()
    await expect(take('s')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
  })

  it('is exact when several connections count together', async () => {
    const stores = Array.from({ length: 4 }, () => createRedisStore({ url: redis.url }))
    await Promise.all(stores.map((each) => each.ready()))
    const answers = await Promise.all(
      stores.flatMap((each) => {
        const take = each.prepare([{ ...rule, limit: 50, burst: 50 }])
        return Array.from({ length: 50 }, async () => take('s'))
      }),
    )
    await Promise.all(stores.map((each) => each.close()))
    expect(answers.filter(({ admitted }) => admitted)).toHaveLength(50)
  })

  it('takes time in proportion to the leases, and not to their square', async () => {
    const streams = { ...rule, algorithm: 'concurrency', limit: 1000, windowMs: 600_000 } as const
    const take = store.prepare([streams])
    const fill = (subject: string, leases: number) =>
      Promise.all(Array.from({ length: leases }, async (_, lease) => take(subject, { lease: lease + 1 })))
    /** The least that a call took Redis in some rounds of renewals. */
    const leastUs = async (subject: string): Promise<number> => {
      let least = Infinity
      for (let round = 0; round < 5; round += 1) {
        await inspector.config('RESETSTAT')
        for (let lease = 1; lease <= 20; lease += 1) await take(subject, { lease })
        const [, us] =
          /cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(await inspector.info('commandstats')) ?? []
        least = Math.min(least, Number(us))
      }
      return least
    }
    await fill('few', 100)
    await fill('many', 800)
    expect((await leastUs('many')) / (await leastUs('few'))).toBeLessThan(16)
  })
})
