import type { ServerResponse } from 'node:http'
import type { Claim, Outcome } from '../../admission/admission.ts'

/** What became of a request, as the fields tell it. */
export interface Told {
  readonly outcome: Outcome
  /** Whom the request was counted for. */
  readonly claims: readonly Claim[]
  /** Of a denial: the value of `Retry-After`. */
  readonly retryAfterSeconds: number
}

/** Writes what a request leaves of the quotas into the header of its response. */
export type QuotaFieldWriter = (response: ServerResponse, told: Told) => void
