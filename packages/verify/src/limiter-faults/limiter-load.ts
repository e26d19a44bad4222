import { createEventBus, noopLogger } from '@alfred/core'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createRateLimiter,
  createRedisStore,
  type RateLimiter,
  type RateLimitPolicy,
  type RedisStoreOptions,
} from '@alfred/rate-limit'

/** What a limiter promised and did under load. */
export interface LoadLog {
  /** Of each call, in milliseconds of `performance.now()`. */
  readonly calls: { readonly at: number; readonly tookMs: number; readonly failed: boolean }[]
  /** When each key of each bounded policy was admitted. */
  readonly admitted: Map<string, number[]>
  /** Calls that threw, which none may. */
  thrown: number
}

/** A limiter under load. */
export interface LimiterLoad {
  readonly limiter: RateLimiter
  readonly log: LoadLog
  stop(): Promise<void>
}

/** A bound that is reached at once and then refills: the admissions of its keys are checked. */
export const boundedPolicies = [
  { name: 'strict', limit: 20, windowMs: 10_000, key: () => undefined, match: false, onStoreError: 'deny' },
  { name: 'local', limit: 20, windowMs: 10_000, key: () => undefined, match: false, onStoreError: 'local' },
] as const satisfies readonly RateLimitPolicy[]

/** Never reached, so that every call asks the store: its calls are timed. */
const timedPolicy = {
  name: 'timed',
  limit: 1_000_000,
  windowMs: 1000,
  key: () => undefined,
  match: false,
  onStoreError: 'deny',
} as const satisfies RateLimitPolicy

const boundedKeys = 4
const timedKeys = 1000
const timedWorkers = 12
/** Between two calls of a worker, so that the figures are those of the store and not of a full processor. */
const pauseMs = 4

/** Asks a limiter on this Redis, by some workers at once, until it is stopped. */
export async function startLimiterLoad(redis: RedisStoreOptions): Promise<LimiterLoad> {
  const limiter = createRateLimiter({
    policies: [...boundedPolicies, timedPolicy],
    store: createRedisStore(redis),
    events: createEventBus(noopLogger),
  })
  await limiter.ready()
  const log: LoadLog = { calls: [], admitted: new Map(), thrown: 0 }
  let running = true

  const ask = async (policy: string, key: string): Promise<void> => {
    const at = performance.now()
    try {
      const { allowed, reason } = await limiter.consume({ policy, key })
      const name = `${policy} ${key}`
      if (policy === timedPolicy.name) {
        log.calls.push({ at, tookMs: performance.now() - at, failed: reason === 'store' })
      } else if (allowed) {
        const times = log.admitted.get(name) ?? []
        times.push(performance.now())
        log.admitted.set(name, times)
      }
    } catch {
      log.thrown++
    }
  }
  const worker = async (next: (turn: number) => readonly [policy: string, key: string]): Promise<void> => {
    for (let turn = 0; running; turn++) {
      await ask(...next(turn))
      await sleep(pauseMs)
    }
  }
  const workers = [
    ...boundedPolicies.map(({ name }) => worker((turn) => [name, `key ${String(turn % boundedKeys)}`])),
    ...Array.from({ length: timedWorkers }, (_, index) =>
      worker((turn) => [timedPolicy.name, `key ${String((turn * timedWorkers + index) % timedKeys)}`]),
    ),
  ]
  return {
    limiter,
    log,
    async stop() {
      running = false
      await Promise.all(workers)
      await limiter.close()
    },
  }
}
