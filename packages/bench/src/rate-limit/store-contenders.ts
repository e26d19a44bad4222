import { createRedisStore } from '@alfred/rate-limit'
import { Redis } from 'ioredis'
import { type RedisReply, RedisStore } from 'rate-limit-redis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { createSubjects } from './subjects.ts'

const windowMs = 15 * 60_000

/** So high that nothing is denied: every call counts. */
const limit = 1_000_000_000

/** Something that counts one request of the next client in all of its policies. */
export interface StoreContender {
  readonly count: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Ours: one store, `policies` rules of one subject. */
export async function startOurs(url: string, policies: number): Promise<StoreContender> {
  const store = createRedisStore({ url, prefix: `ours${String(policies)}:` })
  await store.ready()
  const take = store.prepare(
    Array.from({ length: policies }, (_, index) => ({
      name: `policy ${String(index)}`,
      limit,
      windowMs,
      burst: limit,
      cost: 1,
      enforced: true,
    })),
  )
  const subject = createSubjects()
  return { count: async () => take(subject()), close: () => store.close() }
}

/** Three stores of rate-limit-redis, asked one after the other, as three middlewares of express-rate-limit do. */
export async function startRateLimitRedis(
  url: string,
  enableAutoPipelining: boolean,
): Promise<StoreContender> {
  const redis = new Redis(url, { enableAutoPipelining })
  const stores: RedisStore[] = []
  for (const index of [0, 1, 2]) {
    const store = new RedisStore({
      prefix: `rlr${String(index)}:`,
      sendCommand: (command: string, ...args: string[]) =>
        redis.call(command, ...args) as Promise<RedisReply>,
    })
    // The one option that the store reads; express-rate-limit hands over all of its own.
    await store.init({ windowMs } as Parameters<RedisStore['init']>[0])
    stores.push(store)
  }
  await redis.ping()
  const subject = createSubjects()
  return {
    async count() {
      const client = subject()
      for (const store of stores) await store.increment(client)
    },
    async close() {
      await redis.quit()
    },
  }
}

/** Three Redis limiters of rate-limiter-flexible, asked together, as its union does. */
export async function startFlexible(url: string, enableAutoPipelining: boolean): Promise<StoreContender> {
  const storeClient = new Redis(url, { enableAutoPipelining })
  const limiters = [0, 1, 2].map(
    (index) =>
      new RateLimiterRedis({ storeClient, keyPrefix: `rlf${String(index)}`, points: limit, duration: 900 }),
  )
  await storeClient.ping()
  const subject = createSubjects()
  return {
    async count() {
      const client = subject()
      await Promise.all(limiters.map((limiter) => limiter.consume(client)))
    },
    async close() {
      await storeClient.quit()
    },
  }
}
