import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  rateLimitStoreConformance,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startRedisWithTls,
  waitFor,
} from '@alfred/testkit'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createRateLimiter, createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

const rule = { name: 'a', limit: 10, windowMs: 60_000, burst: 10, cost: 1, enforced: true }

/** Counts once in a store with these options, and says what is left. */
async function countOnce(options: RedisStoreOptions): Promise<number | undefined> {
  const store = createRedisStore(options)
  try {
    await store.ready()
    return (await store.prepare([rule])(hash('sha256', String(Math.random())))).answers[0]?.remaining
  } finally {
    await store.close()
  }
}

describe('a Redis Cluster', async () => {
  const cluster = await startRedisCluster({ replicas: 0 })
  afterAll(() => cluster.stop())
  beforeEach(async () => {
    for (const { url } of cluster.nodes) {
      const client = new Redis(url)
      await client.flushall()
      client.disconnect()
    }
  })

  rateLimitStoreConformance('the Redis store on a cluster', () => ({
    store: createRedisStore({ cluster: cluster.urls }),
    pass: (ms) => delay(Math.ceil(ms) + 1),
  }))

  it('is found through any of its nodes, and through a client of the application', async () => {
    expect(await countOnce({ cluster: cluster.urls.slice(1, 2) })).toBe(9)
    const client = new Cluster(
      cluster.urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })),
    )
    expect(await countOnce({ client })).toBe(9)
    client.disconnect()
  })

  it('spreads subjects over its nodes', async () => {
    const store = createRedisStore({ cluster: cluster.urls })
    await store.ready()
    const take = store.prepare([rule])
    await Promise.all(Array.from({ length: 100 }, async (_, subject) => take(String(subject))))
    await store.close()
    const sizes = await Promise.all(
      cluster.urls.map(async (url) => {
        const client = new Redis(url)
        const size = await client.dbsize()
        client.disconnect()
        return size
      }),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100)
    expect(Math.min(...sizes)).toBeGreaterThan(0)
  })
})

describe('Redis Sentinel', () => {
  it('leads to the master, and to the new one after a failover', async () => {
    const sentinel = await startRedisSentinel()
    onTestFinished(() => sentinel.stop())
    const limiter = createRateLimiter({
      policies: [{ name: 'a', limit: 1000, windowMs: 60_000, key: () => undefined, onStoreError: 'deny' }],
      store: createRedisStore({ sentinel: { urls: [sentinel.url], name: sentinel.name } }),
    })
    onTestFinished(() => limiter.close())
    await limiter.ready()
    const allowed = async (): Promise<boolean> => (await limiter.consume({ policy: 'a', key: 'k' })).allowed
    await waitFor(allowed, { what: 'the first count' })
    await sentinel.master.kill()
    expect(await allowed()).toBe(false)
    await waitFor(allowed, { timeoutMs: 25_000, what: 'the new master' })
  })
})

it('is verified by the authority that is given for TLS', async () => {
  await using redis = await startRedisWithTls()
  expect(await countOnce({ url: redis.url, tls: { ca: redis.ca } })).toBe(9)
})

it.each([2, 3] as const)('speaks version %d of the protocol', async (protocol) => {
  await using redis = await startRedis()
  expect(await countOnce({ url: redis.url, protocol })).toBe(9)
})
