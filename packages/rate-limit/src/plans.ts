import type { Clock, Logger } from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import { createBoundedMap } from './addresses/bounded-map.ts'
import type { Quota } from './algorithm.ts'
import { algorithms } from './algorithms.ts'
import type { ResolvedPolicy } from './policy.ts'

/** Who is asked a plan for. */
export interface PlanSubject {
  /** The client's address, the user's id, or what the policy's function returned. */
  readonly key: string
  /** `undefined` for `consume()` and the other calls that are not about a request. */
  readonly request: IncomingMessage | undefined
}

/** What a plan grants in a policy. */
export interface PlanQuota {
  readonly limit: number
  /** @default limit */
  readonly burst?: number | undefined
}

/**
 * Says what somebody's plan grants in a policy; `undefined` for the policy's own `limit` and `burst`.
 * Answers are remembered for a minute.
 */
export type RateLimitPlan = (who: PlanSubject) => PlanQuota | undefined | Promise<PlanQuota | undefined>

const mostPlans = 10_000
const rememberedMs = 60_000
/** A plan that failed is asked for again sooner. */
const failedMs = 5_000
const largestCount = 1_000_000_000

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largestCount

/** The quota that a plan grants, checked as a policy's own is. */
function quotaOf({ name, algorithm, windowMs, bursts }: ResolvedPolicy, granted: PlanQuota): Quota {
  const { limit, burst = limit } = granted
  const quota = { limit, windowMs, burst: bursts ? burst : limit }
  if (!isCount(limit) || !isCount(burst) || !algorithms[algorithm].compile(quota)) {
    throw new RangeError(`The plan of "${name}" grants a limit or burst that cannot be counted.`)
  }
  return quota
}

interface Known {
  readonly untilMs: number
  readonly quota: Quota | undefined | Promise<Quota | undefined>
}

/** Finds what somebody's plan grants; at once where it is known. Never rejects. */
export type PlanReader = (subject: string, who: PlanSubject) => Quota | undefined | Promise<Quota | undefined>

/**
 * Builds the reader of one policy's plans. Whoever's plan cannot be told, or not within `deadlineMs`, has the
 * policy's own limit meanwhile.
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
  const known = createBoundedMap<Known>(mostPlans)

  const remember = (subject: string, quota: Known['quota'], ms: number): void => {
    known.set(subject, { untilMs: clock.monotonicMs() + ms, quota })
  }
  const failed = (subject: string, error: unknown): void => {
    logger.warn({ err: error, policy: policy.name }, 'a plan cannot be told: the policy’s own limit applies')
    remember(subject, undefined, failedMs)
  }

  const inTime = (asked: Promise<PlanQuota | undefined>): Promise<PlanQuota | undefined> =>
    new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        reject(new Error(`no answer within ${String(deadlineMs)} ms`))
      }, deadlineMs)
      asked.then(resolve, reject).finally(() => {
        timer.cancel()
      })
    })

  return (subject, who) => {
    const found = known.get(subject)
    if (found && found.untilMs > clock.monotonicMs()) return found.quota
    const granted = (answer: PlanQuota | undefined): Quota | undefined => {
      const quota = answer && quotaOf(policy, answer)
      remember(subject, quota, rememberedMs)
      return quota
    }
    try {
      const answer = plan(who)
      if (!(answer instanceof Promise)) return granted(answer)
      const quota = inTime(answer)
        .then(granted)
        .catch((error: unknown) => {
          failed(subject, error)
          return undefined
        })
      // Those that come meanwhile wait for the same answer.
      remember(subject, quota, rememberedMs)
      return quota
    } catch (error) {
      failed(subject, error)
      return undefined
    }
  }
}
