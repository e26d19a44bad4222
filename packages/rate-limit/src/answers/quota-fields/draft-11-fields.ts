import type { ResolvedPolicy } from '../../policies/policy.ts'
import { namedPolicyFields } from './named-policy-fields.ts'
import type { PartitionKeys } from './partition-key.ts'
import type { QuotaFieldWriter } from './quota-field-writer.ts'
import { wholeSeconds } from './whole-seconds.ts'

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11. `t` is the time in which
 * no more than `r` can be used; `Retry-After` never lies before it (section 6).
 */
export const draft11Fields = (
  policies: readonly ResolvedPolicy[],
  partitionKeys: PartitionKeys,
): QuotaFieldWriter =>
  namedPolicyFields(policies, partitionKeys, {
    left: ({ nextMs }) => wholeSeconds(nextMs),
    denied: ({ retryAfterMs }) => (retryAfterMs === Infinity ? undefined : wholeSeconds(retryAfterMs)),
  })
