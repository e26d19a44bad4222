import type { IncomingMessage } from 'node:http'

/** Who is asked a plan for. */
export interface PlanSubject {
  /** The client's address, the user's id, or what the policy's function returned. */
  readonly key: string
  /** `undefined` for `consume()` and the other calls that are not about a request. */
  readonly request: IncomingMessage | undefined
}

/** What a plan grants in a policy: whole numbers, also as databases return them, as a text or a `bigint`. */
export interface PlanQuota {
  /** Units of cost in each window: 0 for nothing, `Infinity` for everything. */
  readonly limit: number | bigint | string
  /**
   * Units that may come at once, in `gcra` and `token-bucket`.
   *
   * @default limit
   */
  readonly burst?: number | bigint | string | null | undefined
}

/**
 * Says what somebody's plan grants in a policy; `undefined` or `null` for the policy's own `limit` and `burst`, which also
 * apply while it throws, rejects, takes longer than `deadlineMs` or grants what cannot be counted. Answers are remembered
 * for a minute, late ones too.
 */
export type RateLimitPlan = (
  who: PlanSubject,
) => PlanQuota | null | undefined | PromiseLike<PlanQuota | null | undefined>
