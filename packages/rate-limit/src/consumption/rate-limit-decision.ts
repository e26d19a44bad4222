import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Claim, Decision } from '../admission/admission.ts'
import type { Quota } from '../algorithms/algorithm.ts'
import type { LimitAnswer } from '../answers/limit-answer.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import type { ActivePolicy } from '../policies/policy-set.ts'

/** What one policy says. */
export interface RateLimitStatus extends PolicyAnswer {
  readonly policy: string
  /** The plan's, where it grants one: 0 for nothing, `Infinity` for everything. */
  readonly limit: number
}

/** Whether something may go on. */
export interface RateLimitDecision {
  readonly allowed: boolean
  /** Why not: a quota is used up, or the store is away and a policy denies then. */
  readonly reason: 'quota' | 'store' | undefined
  /** Milliseconds until another try makes sense; 0 when allowed, `Infinity` when none will. */
  readonly retryAfterMs: number
  /** The names of the policies that denied. */
  readonly violated: readonly string[]
  /** The policies that were asked; empty where the store is away and nobody counted. */
  readonly statuses: readonly RateLimitStatus[]
  /**
   * Returns what policies of `concurrency` have lent, once; later calls do nothing. Until it is called the
   * leases are renewed.
   */
  readonly release: () => void
  /**
   * Ends the response to a request that was not allowed as the middleware does: 429, or 503 while the store is
   * away, as a problem with `Retry-After` and the policy's fields. Counts as an offence where `bans` are on.
   */
  readonly deny: (request: IncomingMessage, response: ServerResponse) => void
}

/** Words what one policy says. */
export const toStatus = (
  policy: ActivePolicy,
  answer: PolicyAnswer,
  quota: Quota | undefined,
): RateLimitStatus => ({ ...answer, policy: policy.name, limit: quota?.limit ?? policy.limit })

const nothing = (): void => undefined

/** Words what became of a call. */
export const toDecision = (
  decision: Decision,
  claims: readonly Claim[],
  answer: Pick<LimitAnswer, 'deny'>,
): RateLimitDecision => {
  const { allowed, reason, retryAfterMs, violated, results, release = nothing } = decision
  return {
    allowed,
    reason,
    retryAfterMs,
    violated: violated.map(({ name }) => name),
    statuses: results.flatMap((result) =>
      result.answer ? [toStatus(result.policy, result.answer, result.quota)] : [],
    ),
    release,
    deny(request, response) {
      answer.deny(request, response, decision, claims)
    },
  }
}
