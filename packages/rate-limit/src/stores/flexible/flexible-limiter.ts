import { AlfredConfigError, AlfredError } from '@alfred/core'
import type { AlgorithmName } from '../../algorithms/algorithm.ts'
import type { PolicyAnswer } from '../policy-answer.ts'
import type { RateLimitStore, StoreRule, TakeOptions } from '../rate-limit-store.ts'
import { keySubject } from '../subject.ts'
import type { FlexibleLimiter, FlexibleResult } from './flexible-limiter-type.ts'

/** Longer than any process; what every algorithm and Redis can count. */
const centuryMs = 36_525 * 86_400_000

/** @throws AlfredConfigError */
function refuseEndless(isRefused: boolean): void {
  if (!isRefused) return
  const message = 'must be fixed-window where duration is 0: in the others points come back.'
  throw new AlfredConfigError([
    { path: 'createFlexibleLimiter.algorithm', code: 'ALFRED_CONFIG_CONFLICT', message },
  ])
}

/** What `RateLimiterAbstract` of rate-limiter-flexible is to those that extend it. */
interface FlexibleBase {
  readonly points: number
  readonly duration: number
  readonly msBlockDuration: number
  readonly blockDuration: number
  getKey(key: string): string
}

/** The two classes of rate-limiter-flexible that its wrappers recognise limiters and denials by. */
export interface FlexibleClasses {
  /** Extends `RateLimiterAbstract`, which the module does not export. */
  readonly RateLimiterMemory: object
  readonly RateLimiterRes: new (
    remainingPoints?: number,
    msBeforeNext?: number,
    consumedPoints?: number,
    isFirstInDuration?: boolean,
  ) => FlexibleResult
}

/** Options of {@link createFlexibleLimiter}. */
export interface FlexibleEngineOptions {
  /** Where counts are kept; the caller closes it. */
  readonly store: RateLimitStore
  readonly points: number
  /** Seconds; 0 for points that never come back, which `fixed-window` alone can count. */
  readonly duration: number
  /** @default 'gcra', and 'fixed-window' where duration is 0 */
  readonly algorithm?: Exclude<AlgorithmName, 'concurrency'> | undefined
  /** @default points */
  readonly burst?: number | undefined
  /** Seconds for which a key is blocked that was denied. @default 0 */
  readonly blockDuration?: number | undefined
  /** @default 'rlflx' */
  readonly keyPrefix?: string | undefined
}

/** Our engine with the methods of a limiter of rate-limiter-flexible. */
export interface FlexibleEngine extends FlexibleLimiter {
  /** Counts `points` anew; the duration is the limiter's. */
  set(key: string, points: number): Promise<FlexibleResult>
  block(key: string, secDuration: number): Promise<FlexibleResult>
  delete(key: string): Promise<boolean>
}

/**
 * Builds a limiter of rate-limiter-flexible that counts with this package's engine, so that its wrappers, its
 * queue and its insurance take it. Denials reject with a `RateLimiterRes`, outages with an `AlfredError`.
 *
 * @throws AlfredConfigError for a `duration` of 0 with an algorithm by which points come back
 *
 * @param classes - the module itself: `import * as flexible from 'rate-limiter-flexible'`
 *
 * @example
 * ```ts
 * import { createFlexibleLimiter, createRedisStore } from '@alfred/rate-limit'
 * import * as flexible from 'rate-limiter-flexible'
 *
 * const store = createRedisStore({ url: 'redis://127.0.0.1:6379' })
 * export const limiter = createFlexibleLimiter(flexible, { store, points: 10, duration: 60 })
 * ```
 */
export function createFlexibleLimiter(
  { RateLimiterMemory, RateLimiterRes }: FlexibleClasses,
  { store, burst, ...options }: FlexibleEngineOptions,
): FlexibleEngine {
  const { points, duration } = options
  const isEndless = duration === 0
  const { algorithm = isEndless ? 'fixed-window' : 'gcra' } = options
  refuseEndless(isEndless && algorithm !== 'fixed-window')
  const rule: StoreRule = {
    name: 'flexible',
    algorithm,
    limit: points,
    windowMs: isEndless ? centuryMs : duration * 1000,
    burst: burst ?? points,
    cost: 1,
    enforced: true,
  }
  const take = store.prepare([rule])

  // Only known here, and known to be RateLimiterAbstract by the module's own source.
  const Base = Object.getPrototypeOf(RateLimiterMemory) as new (options: object) => FlexibleBase

  class Engine extends Base {
    private async ask(key: string, how: TakeOptions): Promise<PolicyAnswer> {
      const { answers } = await take(this.subject(key), how)
      if (answers[0]) return answers[0]
      throw new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The rate limit store is unavailable.', {
        store: 'rate limits',
      })
    }

    private subject(key: string): string {
      return keySubject(this.getKey(key))
    }

    /** @param taken - points of this call */
    private result(answer: PolicyAnswer, taken: number): FlexibleResult {
      const { allowed, remaining, nextMs, retryAfterMs, blockedMs } = answer
      const isDenied = !allowed && taken > 0
      const counted = rule.burst - remaining
      const waitMs = isDenied ? retryAfterMs : nextMs
      // As rate-limiter-flexible says "never".
      const msBeforeNext = isEndless && blockedMs === undefined ? -1 : Math.ceil(waitMs)
      const isFirst = !isDenied && counted > 0 && counted === taken
      return new RateLimiterRes(remaining, msBeforeNext, isDenied ? counted + taken : counted, isFirst)
    }

    private async edit(key: string, forget: boolean, blockMs: number): Promise<void> {
      if (!store.edit) {
        throw new AlfredError('ALFRED_RATE_LIMIT_UNSUPPORTED', 'The store cannot block or forget.', {
          operation: 'edit',
        })
      }
      await store.edit({ rule, subject: this.subject(key), forget, blockMs })
    }

    async consume(key: string, pointsToConsume = 1): Promise<FlexibleResult> {
      const answer = await this.ask(key, { costs: [pointsToConsume] })
      if (answer.allowed || pointsToConsume <= 0) return this.result(answer, pointsToConsume)
      // A block goes on from the first denial: whoever keeps trying is let in when it ends.
      const isNewBlock = this.blockDuration > 0 && answer.blockedMs === undefined
      if (isNewBlock) await this.edit(key, false, this.msBlockDuration)
      const blocked = { retryAfterMs: this.msBlockDuration, blockedMs: this.msBlockDuration }
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- rate-limiter-flexible rejects with a result
      throw this.result(isNewBlock ? { ...answer, ...blocked } : answer, pointsToConsume)
    }

    async penalty(key: string, pointsToTake = 1): Promise<FlexibleResult> {
      const answer = await this.ask(key, { costs: [pointsToTake], forced: true })
      return this.result({ ...answer, allowed: true }, pointsToTake)
    }

    async reward(key: string, pointsToGive = 1): Promise<FlexibleResult> {
      const answer = await this.ask(key, { costs: [-pointsToGive] })
      return this.result(answer, -pointsToGive)
    }

    async get(key: string): Promise<FlexibleResult | null> {
      const answer = await this.ask(key, { costs: [0] })
      return answer.resetMs === 0 ? null : this.result(answer, 0)
    }

    async set(key: string, pointsUsed: number): Promise<FlexibleResult> {
      await this.edit(key, true, 0)
      return this.penalty(key, pointsUsed)
    }

    async block(key: string, secDuration: number): Promise<FlexibleResult> {
      await this.edit(key, false, secDuration * 1000)
      return new RateLimiterRes(0, secDuration * 1000, rule.burst + 1)
    }

    async delete(key: string): Promise<boolean> {
      const before = await this.get(key)
      await this.edit(key, true, 0)
      return before !== null
    }
  }

  return new Engine({
    points: rule.burst,
    duration,
    blockDuration: options.blockDuration,
    keyPrefix: options.keyPrefix,
  })
}
