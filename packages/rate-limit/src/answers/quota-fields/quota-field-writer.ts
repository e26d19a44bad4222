import type { ServerResponse } from 'node:http'
import type { Claim, Decision } from '../../admission/admission.ts'

/** What the fields say about a request. */
export interface QuotaAnswer {
  readonly decision: Decision
  /** Whom the request was counted for. */
  readonly claims: readonly Claim[]
  /** Of a denial: the value of `Retry-After`; `undefined` where no wait helps. */
  readonly retryAfterSeconds: number | undefined
}

/** Writes what is left of the quotas into the header of a response. */
export type QuotaFieldWriter = (response: ServerResponse, answer: QuotaAnswer) => void
