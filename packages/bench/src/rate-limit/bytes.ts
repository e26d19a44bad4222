import { createMemoryStore, createRedisStore, type StoreRule } from '@alfred/rate-limit'
import { Redis } from 'ioredis'

const rule = (name: string): StoreRule => ({
  name,
  limit: 100,
  windowMs: 15 * 60_000,
  burst: 100,
  cost: 1,
  enforced: true,
})

/** What Redis says that one client's three policies take, key and expiry included. */
export async function redisBytesPerSubject(url: string): Promise<number> {
  await using store = createRedisStore({ url })
  await store.ready()
  const subject = 'a:203.0.113.77'
  await store.prepare(['api', 'chat', 'login'].map(rule))(subject)
  const redis = new Redis(url)
  try {
    return (await redis.memory('USAGE', `alfred:rl:{${subject}}`)) ?? NaN
  } finally {
    redis.disconnect()
  }
}

const keys = 100_000

/** Bytes that the memory store takes for a key, the key's own text included: the default store, full. */
export function memoryBytesPerKey(): number {
  const { gc } = globalThis
  if (!gc) throw new Error('node runs without --expose-gc')
  const used = (): number => {
    gc()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const take = createMemoryStore({ maxKeys: keys }).prepare([rule('api')])
  // Code and caches come with the first calls.
  for (let index = 0; index < 1000; index += 1) take('a:warm-up')
  const before = used()
  for (let index = 0; index < keys; index += 1) {
    take(`a:10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`)
  }
  const bytes = (used() - before) / keys
  // The store must be alive until here.
  take('a:warm-up')
  return bytes
}
