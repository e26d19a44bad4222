import type { ResolvedPolicy } from '../../policies/policy.ts'
import { namedPolicyFields } from './named-policy-fields.ts'
import type { PartitionKeys } from './partition-key.ts'
import type { QuotaFieldWriter } from './quota-field-writer.ts'
import { wholeSeconds } from './whole-seconds.ts'

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-08. `t` is when the quota
 * resets, and on a denial the same point in time as `Retry-After` (section 5).
 */
export const draft8Fields = (
  policies: readonly ResolvedPolicy[],
  partitionKeys: PartitionKeys,
): QuotaFieldWriter =>
  namedPolicyFields(policies, partitionKeys, {
    left: ({ resetMs }) => wholeSeconds(resetMs),
    denied: (_answer, retryAfterSeconds) => retryAfterSeconds,
  })
