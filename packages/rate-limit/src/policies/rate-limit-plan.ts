import type { IncomingMessage } from 'node:http'

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
 * Says what somebody's plan grants in a policy; `undefined` for the policy's own `limit` and `burst`, which also apply
 * while it throws, rejects, takes longer than `deadlineMs` or grants what cannot be counted. Answers are remembered for
 * a minute.
 */
export type RateLimitPlan = (who: PlanSubject) => PlanQuota | undefined | Promise<PlanQuota | undefined>
