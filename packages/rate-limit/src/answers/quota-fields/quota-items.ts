import type { ResolvedPolicy } from '../../policies/policy.ts'
import { structuredString } from './structured-string.ts'
import { wholeSeconds } from './whole-seconds.ts'

/** What an item of `RateLimit-Policy` tells of a policy. */
type DescribedPolicy = Pick<ResolvedPolicy, 'name' | 'limit' | 'windowMs' | 'quotaUnit'>

/**
 * A Quota Policy Item (section 3.1 of drafts 08 to 11), without its partition key. `requests` is the unit
 * where none is named, and a quota of requests under way has no window.
 */
export function policyItem({ name, limit, windowMs, quotaUnit }: DescribedPolicy): string {
  const unit = quotaUnit === 'requests' ? '' : `;qu=${structuredString(quotaUnit)}`
  const window = quotaUnit === 'concurrent-requests' ? '' : `;w=${String(wholeSeconds(windowMs))}`
  return `${structuredString(name)};q=${String(limit)}${unit}${window}`
}

/** The beginning of a Service Limit Item (section 4.1 of drafts 08 to 11), up to what is left. */
export const limitItemStart = ({ name }: Pick<ResolvedPolicy, 'name'>): string =>
  `${structuredString(name)};r=`
