import type { Redis } from 'ioredis'

/** How many scripts a Redis has run. */
export async function scriptCalls(redis: Redis): Promise<number> {
  const calls = (await redis.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
}
