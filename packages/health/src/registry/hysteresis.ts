import type { CheckStatus, HealthStatus } from '../checks/check.ts'

/** How often in a row a state must be seen before it counts. */
export interface HysteresisLimits {
  readonly failAfter: number
  readonly passAfter: number
}

/** A state and the run of results that may change it. */
export interface Streak {
  readonly status: CheckStatus
  /** Failures in a row. */
  readonly failures: number
  /** Results other than failures in a row. */
  readonly successes: number
}

export const freshStreak: Streak = Object.freeze({ status: 'pending', failures: 0, successes: 0 })

/**
 * Adds one result. The first result counts at once, `pass` and `warn` replace each other at once, and
 * only the way into `fail` and out of it takes several.
 */
export function nextStreak(streak: Streak, observed: HealthStatus, limits: HysteresisLimits): Streak {
  if (observed === 'fail') {
    const failures = streak.failures + 1
    const fails = streak.status === 'pending' || failures >= limits.failAfter
    return { status: fails ? 'fail' : streak.status, failures, successes: 0 }
  }
  const successes = streak.successes + 1
  const staysFailed = streak.status === 'fail' && successes < limits.passAfter
  return { status: staysFailed ? 'fail' : observed, failures: 0, successes }
}
