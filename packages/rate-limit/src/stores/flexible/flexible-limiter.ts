import { AlfredError } from '@alfred/core'
import type { AlgorithmName } from '../../algorithms/algorithm.ts'
import type { PolicyAnswer } from '../policy-answer.ts'
import type { RateLimitStore, StoreRule, TakeOptions } from '../rate-limit-store.ts'
import { keySubject } from '../subject.ts'
import type { FlexibleLimiter, FlexibleResult } from './flexible-limiter-type.ts'

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
  /** Seconds. */
  readonly duration: number
  /** @default 'gcra' */
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
  { store, algorithm = 'gcra', burst, ...options }: FlexibleEngineOptions,
): FlexibleEngine {
  const { points, duration } = options
  const rule: StoreRule = {
    name: 'flexible',
    algorithm,
    limit: points,
    windowMs: duration * 1000,
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

    private result({ remaining }: PolicyAnswer, msBeforeNext: number, denied = 0): FlexibleResult {
      const consumed = rule.burst - remaining + denied
      return new RateLimiterRes(remaining, Math.ceil(msBeforeNext), consumed, false)
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
      if (answer.allowed || pointsToConsume <= 0) return this.result(answer, answer.nextMs)
      const denial = this.result(answer, answer.retryAfterMs, pointsToConsume)
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- rate-limiter-flexible rejects with a result
      if (!(this.blockDuration > 0)) throw denial
      await this.edit(key, false, this.msBlockDuration)
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- rate-limiter-flexible rejects with a result
      throw this.result(answer, this.msBlockDuration, pointsToConsume)
    }

    async penalty(key: string, pointsToTake = 1): Promise<FlexibleResult> {
      const answer = await this.ask(key, { costs: [pointsToTake], forced: true })
      return this.result(answer, answer.nextMs)
    }

    async reward(key: string, pointsToGive = 1): Promise<FlexibleResult> {
      const answer = await this.ask(key, { costs: [-pointsToGive] })
      return this.result(answer, answer.nextMs)
    }

    async get(key: string): Promise<FlexibleResult | null> {
      const answer = await this.ask(key, { costs: [0] })
      return answer.resetMs === 0 ? null : this.result(answer, answer.nextMs)
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
