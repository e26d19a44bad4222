import type { Quota } from '../algorithms/algorithm.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import type { ResolvedPolicy } from '../policies/policy.ts'

/** What was counted once, and is to be given back. */
export interface CountedCost {
  readonly policy: Pick<ResolvedPolicy, 'algorithm' | 'limit' | 'windowMs'>
  /** What the subject's plan grants instead of the policy's own. */
  readonly quota: Quota | undefined
  readonly cost: number
  /** What the policy said when it counted. */
  readonly answer: Pick<PolicyAnswer, 'nextMs' | 'resetMs'>
  /** How long ago that was: rather too long than too short. */
  readonly elapsedMs: number
}

/**
 * The part of a cost that still counts: what has come back by itself must not be given back as well. It is no more than
 * the cost without all that came back since; of `gcra` it may be a fraction of a unit.
 */
export function stillCounted({ policy, quota, cost, answer, elapsedMs }: CountedCost): number {
  const { limit, windowMs } = quota ?? policy
  switch (policy.algorithm) {
    case 'gcra':
      return Math.max(0, cost - (elapsedMs === 0 ? 0 : (limit * elapsedMs) / windowMs))
    case 'token-bucket': {
      const refills = elapsedMs < answer.nextMs ? 0 : 1 + Math.floor((elapsedMs - answer.nextMs) / windowMs)
      return Math.max(0, cost - (refills === 0 ? 0 : refills * limit))
    }
    case 'fixed-window':
      return elapsedMs < answer.resetMs ? cost : 0
    case 'sliding-window':
      // It resets once the window that follows has closed, too.
      return elapsedMs < answer.resetMs - windowMs ? cost : 0
    case 'concurrency':
      return cost
  }
}
