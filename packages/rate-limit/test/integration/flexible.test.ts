import { noopLogger } from '@alfred/core'
import {
  type RateLimitStoreLimitation,
  rateLimitStoreConformance,
  startPostgres,
  startRedis,
  waitFor,
} from '@alfred/testkit'
import { Redis } from 'ioredis'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import * as flexible from 'rate-limiter-flexible'
import { afterAll, describe, expect, it } from 'vitest'
import {
  createFlexibleLimiter,
  createFlexibleStore,
  createMemoryStore,
  createRateLimiter,
  createRedisStore,
  type FlexibleLimiterFactory,
  type RateLimitPolicy,
} from '../../src/index.ts'

const redis = await startRedis()
const postgres = await startPostgres()
const client = new Redis(redis.url)
const pool = new pg.Pool({ connectionString: postgres.url })
afterAll(async () => {
  client.disconnect()
  await pool.end()
  await Promise.all([redis.stop(), postgres.stop()])
})

const cannot: readonly RateLimitStoreLimitation[] = [
  'gcra',
  'sliding-window',
  'token-bucket',
  'concurrency',
  'plans',
  'part-seconds',
  'long-windows',
  'edits',
]

let made = 0
/** Keys of its own for every store, for the databases are shared. */
const freshStore = (create: FlexibleLimiterFactory) => {
  made += 1
  return {
    store: createFlexibleStore(create, { prefix: `store ${String(made)}`.replace(' ', '') }),
    pass: (ms: number) => delay(Math.ceil(ms) + 20),
  }
}

rateLimitStoreConformance(
  'the memory limiter of rate-limiter-flexible',
  () => freshStore((options) => new flexible.RateLimiterMemory(options)),
  { cannot },
)
rateLimitStoreConformance(
  'its Redis limiter',
  () => freshStore((options) => new flexible.RateLimiterRedis({ ...options, storeClient: client })),
  { cannot },
)

const tableReady = Promise.withResolvers<undefined>()
new flexible.RateLimiterPostgres(
  { storeClient: pool, points: 1, duration: 1, tableName: 'limits', clearExpiredByTimeout: false },
  (error?: Error) => {
    if (error) tableReady.reject(error)
    else tableReady.resolve(undefined)
  },
)
await tableReady.promise

rateLimitStoreConformance(
  'its Postgres limiter',
  () =>
    freshStore(
      (options) =>
        new flexible.RateLimiterPostgres({
          ...options,
          storeClient: pool,
          tableName: 'limits',
          tableCreated: true,
          clearExpiredByTimeout: false,
        }),
    ),
  { cannot },
)

const policy: RateLimitPolicy = {
  name: 'api',
  algorithm: 'fixed-window',
  limit: 2,
  windowMs: 60_000,
  key: 'user',
  match: false,
  onStoreError: 'deny',
}

describe('a store of its limiters is refused at construction', () => {
  const memory: FlexibleLimiterFactory = (options) => new flexible.RateLimiterMemory(options)
  it.each<[string, FlexibleLimiterFactory, Partial<RateLimitPolicy>, string]>([
    ['an algorithm it lacks', memory, { algorithm: 'gcra' }, 'needs algorithm: fixed-window'],
    ['half a second, which locks out for ever', memory, { windowMs: 500 }, 'whole seconds'],
    ['30 days, which overflow timers', memory, { windowMs: 30 * 86_400_000 }, 'at most 24 days'],
    [
      'a limiter of its own quota',
      (options) => new flexible.RateLimiterMemory({ ...options, points: 5 }),
      {},
      'made with the points',
    ],
    [
      'a limiter that delays',
      (options) => new flexible.RateLimiterMemory({ ...options, execEvenly: true }),
      {},
      'without execEvenly',
    ],
    [
      'a limiter that hides outages',
      (options) =>
        new flexible.RateLimiterRedis({
          ...options,
          storeClient: client,
          insuranceLimiter: new flexible.RateLimiterMemory(options),
        }),
      {},
      'without insuranceLimiter',
    ],
    [
      'a union, whose outages look like denials',
      (options) =>
        new flexible.RateLimiterUnion(
          new flexible.RateLimiterMemory(options),
        ) as unknown as ReturnType<FlexibleLimiterFactory>,
      {},
      'a union has none',
    ],
  ])('%s', (_what, create, changes, message) => {
    const build = () =>
      createRateLimiter({ store: createFlexibleStore(create), policies: [{ ...policy, ...changes }] })
    expect(build).toThrow(message)
  })
})

describe('bans beside it', () => {
  it('are of this process alone, and it says so', async () => {
    const warnings: string[] = []
    const limiter = createRateLimiter({
      store: createFlexibleStore((options) => new flexible.RateLimiterMemory(options)),
      policies: [policy],
      bans: { after: 2 },
      logger: { ...noopLogger, warn: (_fields: object, message: string) => warnings.push(message) },
    })
    expect(warnings).toEqual([expect.stringContaining('bans are not shared')])
    const request = Object.assign(new IncomingMessage(new Socket()), { headers: {} })
    Object.defineProperty(request.socket, 'remoteAddress', { value: '203.0.113.7' })
    limiter.report(request, 2)
    await waitFor(() => warnings.includes('an address was banned'), { what: 'the ban' })
    await limiter.close()
  })
})

describe('its outage', () => {
  it('is no denial', async () => {
    const gone = new Redis('redis://127.0.0.1:1', { lazyConnect: true, retryStrategy: () => null })
    gone.on('error', () => undefined)
    const limiter = createRateLimiter({
      store: createFlexibleStore(
        (options) => new flexible.RateLimiterRedis({ ...options, storeClient: gone }),
      ),
      policies: [policy],
      deadlineMs: 5000,
    })
    expect(await limiter.consume({ policy: 'api', key: 'ann' })).toMatchObject({
      allowed: false,
      reason: 'store',
    })
    await limiter.close()
  })
})

describe.each([
  ['memory', () => createMemoryStore()],
  ['Redis', () => createRedisStore({ url: redis.url, prefix: `engine${String(made++)}:` })],
] as const)('the engine on %s as one of its limiters', (_where, open) => {
  const setUp = async (
    changes: { blockDuration?: number; points?: number; duration?: number; keyPrefix?: string } = {},
  ) => {
    const store = open()
    await store.ready()
    const limiter = createFlexibleLimiter(flexible, { store, points: 2, duration: 3600, ...changes })
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one at run time, which is what is tested
    return { store, limiter: limiter as typeof limiter & flexible.RateLimiterAbstract }
  }

  it('consumes, gives, takes, sets, blocks and forgets', async () => {
    const { store, limiter } = await setUp()
    expect(await limiter.get('k')).toBeNull()
    expect(await limiter.consume('k')).toMatchObject({ remainingPoints: 1, consumedPoints: 1 })
    expect(await limiter.penalty('k', 5)).toMatchObject({ remainingPoints: 0 })
    await expect(limiter.consume('k')).rejects.toBeInstanceOf(flexible.RateLimiterRes)
    expect(await limiter.reward('k')).toMatchObject({ remainingPoints: 1 })
    expect(await limiter.set('k', 2)).toMatchObject({ remainingPoints: 0 })
    expect(await limiter.delete('k')).toBe(true)
    expect(await limiter.delete('k')).toBe(false)
    await limiter.block('k', 60)
    const denial: unknown = await limiter.consume('k').catch((error: unknown) => error)
    expect(denial).toBeInstanceOf(flexible.RateLimiterRes)
    expect(denial).toMatchObject({ remainingPoints: 0 })
    await store.close()
  })

  it('blocks whom it denied, when told so', async () => {
    const { store, limiter } = await setUp({ blockDuration: 7200 })
    await limiter.consume('k', 2)
    await expect(limiter.consume('k')).rejects.toMatchObject({ msBeforeNext: 7_200_000 })
    await limiter.reward('k', 2)
    await expect(limiter.consume('k')).rejects.toBeInstanceOf(flexible.RateLimiterRes)
    await store.close()
  })

  it('blocks from the first denial on: tries during the block do not make it longer', async () => {
    const { store, limiter } = await setUp({ blockDuration: 7200 })
    await limiter.consume('k', 2)
    const denialOf = (): Promise<unknown> => limiter.consume('k').catch((error: unknown) => error)
    const first = (await denialOf()) as flexible.RateLimiterRes
    await delay(20)
    const second = (await denialOf()) as flexible.RateLimiterRes
    expect(second.msBeforeNext).toBeLessThan(first.msBeforeNext)
    await store.close()
  })

  it('says which call was the first of its duration', async () => {
    const { store, limiter } = await setUp()
    expect(await limiter.consume('k')).toMatchObject({ isFirstInDuration: true })
    expect(await limiter.consume('k')).toMatchObject({ isFirstInDuration: false })
    await expect(limiter.consume('k')).rejects.toMatchObject({ isFirstInDuration: false })
    expect(await limiter.penalty('l')).toMatchObject({ isFirstInDuration: true })
    await store.close()
  })

  it('has points that never come back with a duration of 0', async () => {
    const { store, limiter } = await setUp({ duration: 0 })
    expect(await limiter.consume('k', 2)).toMatchObject({ msBeforeNext: -1 })
    await expect(limiter.consume('k')).rejects.toMatchObject({ msBeforeNext: -1, remainingPoints: 0 })
    expect(await limiter.get('k')).toMatchObject({ consumedPoints: 2 })
    expect(() =>
      createFlexibleLimiter(flexible, { store, points: 2, duration: 0, algorithm: 'gcra' }),
    ).toThrow('must be fixed-window')
    await store.close()
  })

  it('stands behind RLWrapperBlackAndWhite', async () => {
    const { store, limiter } = await setUp()
    const wrapped = new flexible.RLWrapperBlackAndWhite({
      limiter,
      whiteList: ['friend'],
      blackList: ['foe'],
    })
    for (let request = 0; request < 5; request += 1) await wrapped.consume('friend')
    await expect(wrapped.consume('foe')).rejects.toBeInstanceOf(flexible.RateLimiterRes)
    await wrapped.consume('k', 2)
    await expect(wrapped.consume('k')).rejects.toMatchObject({ remainingPoints: 0 })
    await store.close()
  })

  it('bursts in BurstyRateLimiter', async () => {
    const { store, limiter } = await setUp()
    const burst = createFlexibleLimiter(flexible, { store, points: 3, duration: 3600, keyPrefix: 'burst' })
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one at run time, which is what is tested
    const bursty = new flexible.BurstyRateLimiter(limiter, burst as typeof limiter)
    for (let request = 0; request < 5; request += 1) await bursty.consume('k')
    await expect(bursty.consume('k')).rejects.toBeInstanceOf(flexible.RateLimiterRes)
    await store.close()
  })

  it('feeds RateLimiterQueue', async () => {
    const { store, limiter } = await setUp({ points: 2, duration: 1 })
    const queue = new flexible.RateLimiterQueue(limiter)
    const left = await Promise.all([1, 2, 3].map(() => queue.removeTokens(1, 'k')))
    expect(left).toHaveLength(3)
    await store.close()
  })

  it('insures a limiter whose store is away', async () => {
    const { store, limiter } = await setUp()
    const gone = new Redis('redis://127.0.0.1:1', { lazyConnect: true, retryStrategy: () => null })
    gone.on('error', () => undefined)
    const insured = new flexible.RateLimiterRedis({
      storeClient: gone,
      points: 9,
      duration: 60,
      insuranceLimiter: limiter,
    })
    expect(await insured.consume('k')).toMatchObject({ remainingPoints: 1 })
    await insured.consume('k')
    await expect(insured.consume('k')).rejects.toBeInstanceOf(flexible.RateLimiterRes)
    await store.close()
  })
})

describe('the engine whose store is away', () => {
  it('rejects with an error, which is no denial', async () => {
    const store = createRedisStore({ url: 'redis://127.0.0.1:1' })
    const limiter = createFlexibleLimiter(flexible, { store, points: 2, duration: 60 })
    await expect(limiter.consume('k')).rejects.toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
    await store.close()
  })
})
