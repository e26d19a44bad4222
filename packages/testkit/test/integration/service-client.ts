import { Redis } from 'ioredis'
import { Client } from 'pg'

/** Works on one counter in a Redis or a PostgreSQL, on a new connection each time. */
export interface CounterClient {
  increment(): Promise<unknown>
  read(): Promise<number>
}

const timeoutMs = 300

const redisClient = (url: string): CounterClient => {
  const withRedis = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(url, {
      lazyConnect: true,
      retryStrategy: null,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
    })
    redis.on('error', () => undefined)
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }
  return {
    increment: () => withRedis((redis) => redis.incr('counter')),
    read: () => withRedis(async (redis) => Number(await redis.get('counter'))),
  }
}

const postgresClient = (url: string): CounterClient => {
  const query = async (text: string): Promise<readonly { n: number }[]> => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: timeoutMs })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('CREATE TABLE IF NOT EXISTS counter (n integer)')
      return (await client.query<{ n: number }>(text)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return {
    increment: () => query('INSERT INTO counter VALUES (1)'),
    read: async () => (await query('SELECT count(*)::integer AS n FROM counter'))[0]?.n ?? 0,
  }
}

/** @param url - of a server started by the testkit */
export const counterClient = (url: string): CounterClient =>
  url.startsWith('redis:') ? redisClient(url) : postgresClient(url)
