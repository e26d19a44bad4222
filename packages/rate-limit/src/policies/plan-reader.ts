import {
  type Clock,
  createBoundedCache,
  createFaultLog,
  type FunctionFault,
  isThenable,
  type Logger,
  settleWithin,
} from '@alfred/core'
import type { Quota } from '../algorithms/algorithm.ts'
import { readPlanQuota } from './plan-quota.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { PlanSubject, RateLimitPlan } from './rate-limit-plan.ts'

const maxPlans = 10_000
const rememberedMs = 60_000
/** A plan that failed is asked for again sooner. */
const failedMs = 5_000

interface CachedQuota {
  readonly untilMs: number
  readonly quota: Quota | undefined | Promise<Quota | undefined>
}

/** Finds what somebody's plan grants; at once where it is known. Never rejects. */
export type PlanReader = (subject: string, who: PlanSubject) => Quota | undefined | Promise<Quota | undefined>

/** What {@link createPlanReader} needs. */
export interface PlanReaderOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly deadlineMs: number
}

/**
 * Builds the reader of one policy's plans. While a plan is unknown, or not answered within `deadlineMs`, the
 * policy's own limit applies.
 */
export function createPlanReader(
  policy: ResolvedPolicy,
  plan: RateLimitPlan,
  { clock, logger, deadlineMs }: PlanReaderOptions,
): PlanReader {
  const cache = createBoundedCache<CachedQuota>(maxPlans)
  const logFault = createFaultLog(
    logger,
    `rateLimit.policies[${policy.name}].plan`,
    'the policy’s own limit applies',
  )

  const remember = (subject: string, quota: CachedQuota['quota'], ms: number): CachedQuota => {
    const cached = { untilMs: clock.monotonicMs() + ms, quota }
    cache.set(subject, cached)
    return cached
  }
  const failed = (subject: string, fault: FunctionFault, error: unknown): CachedQuota => {
    logFault(fault, error)
    return remember(subject, undefined, failedMs)
  }
  const granted = (subject: string, answer: unknown): Quota | undefined => {
    try {
      const quota = readPlanQuota(policy, answer)
      remember(subject, quota, rememberedMs)
      return quota
    } catch (error) {
      failed(subject, 'returned-the-wrong-type', error)
      return undefined
    }
  }
  /** Keeps an answer that came too late for its request, unless something newer is known. */
  const keepLate = (subject: string, pending: Promise<unknown>, known: CachedQuota): void => {
    pending.then(
      (answer) => {
        if (cache.get(subject) === known) granted(subject, answer)
      },
      // Its time-out was logged.
      () => undefined,
    )
  }
  const wait = async (subject: string, pending: Promise<unknown>): Promise<Quota | undefined> => {
    try {
      const outcome = await settleWithin(clock, pending, deadlineMs)
      if (outcome.settled) return granted(subject, outcome.value)
      const error = new Error(`no answer within ${String(deadlineMs)} ms`)
      keepLate(subject, pending, failed(subject, 'timed-out', error))
    } catch (error) {
      failed(subject, 'threw', error)
    }
    return undefined
  }

  return (subject, who) => {
    const found = cache.get(subject)
    if (found && found.untilMs > clock.monotonicMs()) return found.quota
    try {
      const answer: unknown = plan(who)
      if (!isThenable(answer)) return granted(subject, answer)
      const quota = wait(subject, Promise.resolve(answer))
      // Those that come meanwhile wait for the same answer.
      remember(subject, quota, rememberedMs)
      return quota
    } catch (error) {
      failed(subject, 'threw', error)
      return undefined
    }
  }
}
