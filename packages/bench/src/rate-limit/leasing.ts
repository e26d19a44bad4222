import { createRateLimiter, createRedisStore } from '@alfred/rate-limit'
import { Redis } from 'ioredis'
import { inFlight } from './in-flight.ts'
import { scriptCalls } from './script-calls.ts'

const requests = 20_000

/** Scripts that Redis runs for requests of one hot key. */
async function scriptsFor(url: string, leased: boolean): Promise<number> {
  const redis = new Redis(url)
  await using limiter = createRateLimiter({
    store: createRedisStore({ url, prefix: leased ? 'leased:' : 'single:' }),
    deadlineMs: 5000,
    policies: [
      {
        name: 'hot',
        limit: 1_000_000,
        windowMs: 1000,
        key: () => 'hot',
        match: false,
        takeAhead: leased ? { units: 50, maxMs: 100 } : undefined,
      },
    ],
  })
  await limiter.ready()
  const before = await scriptCalls(redis)
  let left = requests
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { allowed } = await limiter.consume({ policy: 'hot', key: 'hot' })
      if (!allowed) throw new Error('a request of the hot key was denied')
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const scripts = (await scriptCalls(redis)) - before
  redis.disconnect()
  return scripts
}

/** How many times fewer scripts run when 50 units are taken at a time. */
export const leasingRatio = async (url: string): Promise<number> =>
  (await scriptsFor(url, false)) / (await scriptsFor(url, true))
