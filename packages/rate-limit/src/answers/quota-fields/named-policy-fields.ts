import type { PolicyAnswer } from '../../stores/policy-answer.ts'
import type { ResolvedPolicy } from '../../policies/policy.ts'
import type { PartitionKeys } from './partition-key.ts'
import { limitItemStart, policyItem } from './quota-items.ts'
import type { QuotaFieldWriter } from './quota-field-writer.ts'

/**
 * The two fields of the drafts that call policies by name, 08 and later. A denial lists in `RateLimit` only
 * the policies that denied it; shadow policies are not shown.
 *
 * @param seconds - `t` of a policy, and of one that denied, as the draft relates it to `Retry-After`
 */
export function namedPolicyFields(
  policies: readonly ResolvedPolicy[],
  partitionKeys: PartitionKeys,
  seconds: {
    readonly left: (answer: PolicyAnswer) => number
    readonly denied: (answer: PolicyAnswer, retryAfterSeconds: number | undefined) => number | undefined
  },
): QuotaFieldWriter {
  const items = policies.map(policyItem)
  const limits = policies.map(limitItemStart)

  return (response, { decision: { allowed, results }, claims, retryAfterSeconds }) => {
    let offered = ''
    let left = ''
    for (const { policy, answer, quota } of results) {
      if (!policy.enforced || quota?.limit === Infinity) continue
      const partitionKey = partitionKeys(policy, claims)
      offered += `${offered === '' ? '' : ', '}${quota ? policyItem({ ...policy, limit: quota.limit }) : (items[policy.index] ?? '')}${partitionKey}`
      if (!answer || answer.allowed !== allowed) continue
      const until = allowed ? seconds.left(answer) : seconds.denied(answer, retryAfterSeconds)
      const time = until === undefined ? '' : `;t=${String(until)}`
      left += `${left === '' ? '' : ', '}${limits[policy.index] ?? ''}${String(answer.remaining)}${time}${partitionKey}`
    }
    if (offered !== '') response.appendHeader('RateLimit-Policy', offered)
    if (left !== '') response.appendHeader('RateLimit', left)
  }
}
