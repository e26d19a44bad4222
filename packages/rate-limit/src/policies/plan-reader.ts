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
import { algorithms } from '../algorithms/algorithms.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { PlanSubject, RateLimitPlan } from './rate-limit-plan.ts'

const maxPlans = 10_000
const rememberedMs = 60_000
/** A plan that failed is asked for again sooner. */
const failedMs = 5_000
const maxCount = 1_000_000_000

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxCount

/** The quota that a plan grants, checked as a policy's own is. */
function quotaOf({ name, algorithm, windowMs, bursts }: ResolvedPolicy, granted: unknown): Quota | undefined {
  if (granted === undefined || granted === null) return undefined
  const { limit, burst = limit }: { limit?: unknown; burst?: unknown } =
    typeof granted === 'object' ? granted : {}
  if (!isCount(limit) || !isCount(burst)) {
    throw new RangeError(`The plan of "${name}" must return a whole limit and burst from 1 to 1,000,000,000.`)
  }
  const quota = { limit, windowMs, burst: bursts ? burst : limit }
  if (!algorithms[algorithm].compile(quota)) {
    throw new RangeError(`The plan of "${name}" grants a limit or burst that cannot be counted.`)
  }
  return quota
}

interface CachedQuota {
  readonly untilMs: number
  readonly quota: Quota | undefined | Promise<Quota | undefined>
}

/** Finds what somebody's plan grants; at once where it is known. Never rejects. */
export type PlanReader = (subject: string, who: PlanSubject) => Quota | undefined | Promise<Quota | undefined>

/**
 * Builds the reader of one policy's plans. While a plan is unknown, or not answered within `deadlineMs`, the
 * policy's own limit applies.
 */
export function createPlanReader(
  policy: ResolvedPolicy,
  plan: RateLimitPlan,
  {
    clock,
    logger,
    deadlineMs,
  }: { readonly clock: Clock; readonly logger: Logger; readonly deadlineMs: number },
): PlanReader {
  const cache = createBoundedCache<CachedQuota>(maxPlans)

  const remember = (subject: string, quota: CachedQuota['quota'], ms: number): void => {
    cache.set(subject, { untilMs: clock.monotonicMs() + ms, quota })
  }
  const logFault = createFaultLog(
    logger,
    `rateLimit.policies[${policy.name}].plan`,
    'the policy’s own limit applies',
  )
  const failed = (subject: string, fault: FunctionFault, error: unknown): void => {
    logFault(fault, error)
    remember(subject, undefined, failedMs)
  }
  const granted = (subject: string, answer: unknown): Quota | undefined => {
    try {
      const quota = quotaOf(policy, answer)
      remember(subject, quota, rememberedMs)
      return quota
    } catch (error) {
      failed(subject, 'returned-the-wrong-type', error)
      return undefined
    }
  }
  const wait = async (subject: string, pending: PromiseLike<unknown>): Promise<Quota | undefined> => {
    try {
      const outcome = await settleWithin(clock, pending, deadlineMs)
      if (outcome.settled) return granted(subject, outcome.value)
      failed(subject, 'timed-out', new Error(`no answer within ${String(deadlineMs)} ms`))
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
      const quota = wait(subject, answer)
      // Those that come meanwhile wait for the same answer.
      remember(subject, quota, rememberedMs)
      return quota
    } catch (error) {
      failed(subject, 'threw', error)
      return undefined
    }
  }
}
