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

interface CachedQuota<Known = Quota | undefined | Promise<Quota | undefined>> {
  readonly untilMs: number
  readonly quota: Known
}

/** Finds what somebody's plan grants. */
export interface PlanReader {
  /** Answers at once where it is known. Never rejects. */
  read(subject: string, who: PlanSubject): Quota | undefined | Promise<Quota | undefined>
  /** Asks the plan anew at the next request; an answer that is under way is for those that wait for it. */
  forget(subject: string): void
}

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

  const lasting = <Known>(quota: Known, ms: number): CachedQuota<Known> => ({
    untilMs: clock.monotonicMs() + ms,
    quota,
  })
  const failed = (fault: FunctionFault, error: unknown): CachedQuota<undefined> => {
    logFault(fault, error)
    return lasting(undefined, failedMs)
  }
  const granted = (answer: unknown): CachedQuota<Quota | undefined> => {
    try {
      return lasting(readPlanQuota(policy, answer), rememberedMs)
    } catch (error) {
      return failed('returned-the-wrong-type', error)
    }
  }

  /** @param keep - told of every answer: in time, for want of one, and too late */
  const wait = async (
    pending: Promise<unknown>,
    keep: (answer: CachedQuota<Quota | undefined>) => Quota | undefined,
  ): Promise<Quota | undefined> => {
    try {
      const outcome = await settleWithin(clock, pending, deadlineMs)
      if (outcome.settled) return keep(granted(outcome.value))
    } catch (error) {
      return keep(failed('threw', error))
    }
    const late = keep(failed('timed-out', new Error(`no answer within ${String(deadlineMs)} ms`)))
    pending.then(
      (answer) => keep(granted(answer)),
      // Its time-out was logged.
      () => undefined,
    )
    return late
  }

  const readLater = (subject: string, pending: Promise<unknown>): Promise<Quota | undefined> => {
    const keep = (answer: CachedQuota<Quota | undefined>): Quota | undefined => {
      // Unless the plan was forgotten meanwhile, or asked again.
      if (cache.get(subject) === known) cache.set(subject, (known = answer))
      return answer.quota
    }
    const quota = wait(pending, keep)
    // Those that come meanwhile wait for the same answer.
    let known: CachedQuota = lasting(quota, rememberedMs)
    cache.set(subject, known)
    return quota
  }

  const read = (subject: string, who: PlanSubject): ReturnType<PlanReader['read']> => {
    let answer: CachedQuota<Quota | undefined>
    try {
      const returned: unknown = plan(who)
      if (isThenable(returned)) return readLater(subject, Promise.resolve(returned))
      answer = granted(returned)
    } catch (error) {
      answer = failed('threw', error)
    }
    cache.set(subject, answer)
    return answer.quota
  }

  return {
    read(subject, who) {
      const found = cache.get(subject)
      return found && found.untilMs > clock.monotonicMs() ? found.quota : read(subject, who)
    },
    forget: (subject) => {
      cache.delete(subject)
    },
  }
}
