import {
  createRateLimiter,
  createRedisStore,
  type RateLimiter,
  type RateLimitPolicy,
} from '../../src/index.ts'

const quota = { limit: 40, windowMs: 1000, key: 'user', match: false, onStoreError: 'deny' } as const

/** What the processes of the accuracy test count: one policy of each algorithm that admits a rate. */
export const accuracyPolicies = [
  // Longer than the test runs until it is full again: whatever the machine does, nothing runs over.
  { ...quota, name: 'gcra', algorithm: 'gcra', burst: 400 },
  { ...quota, name: 'sliding-window', algorithm: 'sliding-window' },
  { ...quota, name: 'fixed-window', algorithm: 'fixed-window' },
  { ...quota, name: 'token-bucket', algorithm: 'token-bucket', burst: 50 },
] as const satisfies readonly RateLimitPolicy[]

/** One answer: when it was asked for and when it had come, in milliseconds that all processes of a machine share. */
export interface LoggedAnswer {
  readonly policy: string
  readonly askedAt: number
  readonly cameAt: number
  readonly allowed: boolean
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** The limiter of each process, as an application has it; a busy machine must not make it count by itself. */
export const createAccuracyLimiter = (url: string): RateLimiter =>
  createRateLimiter({ policies: accuracyPolicies, store: createRedisStore({ url }), deadlineMs: 30_000 })

/** Asks once, for the one key of the test. */
export async function ask(limiter: RateLimiter, policy: string): Promise<LoggedAnswer> {
  const askedAt = nowMs()
  const { allowed, reason } = await limiter.consume({ policy, key: 'ann' })
  if (reason === 'store') throw new Error('the store did not count')
  return { policy, askedAt, cameAt: nowMs(), allowed }
}
