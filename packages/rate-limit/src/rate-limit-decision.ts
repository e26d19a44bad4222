import type { Outcome } from './admission.ts'
import type { Quota } from './algorithm.ts'
import type { PolicyAnswer } from './policy-answer.ts'
import type { ActivePolicy } from './policy-set.ts'

/** What one policy says. */
export interface RateLimitStatus extends PolicyAnswer {
  readonly policy: string
  readonly limit: number
}

/** Whether something may go on. */
export interface RateLimitDecision {
  readonly allowed: boolean
  /** Why not: a quota is used up, or the store is away and a policy denies then. */
  readonly reason: 'quota' | 'store' | undefined
  /** Milliseconds until another try makes sense; 0 when allowed. */
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
}

/** Words what one policy says. */
export const toStatus = (
  policy: ActivePolicy,
  answer: PolicyAnswer,
  quota: Quota | undefined,
): RateLimitStatus => ({ ...answer, policy: policy.name, limit: quota?.limit ?? policy.limit })

const nothing = (): void => undefined

/** Words what became of a call. */
export const toDecision = ({
  allowed,
  reason,
  retryAfterMs,
  violated,
  results,
  release,
}: Outcome): RateLimitDecision => ({
  allowed,
  reason,
  retryAfterMs,
  violated: violated.map(({ name }) => name),
  statuses: results.flatMap(({ policy, answer, quota }) => (answer ? [toStatus(policy, answer, quota)] : [])),
  release: release ?? nothing,
})
