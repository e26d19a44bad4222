import { createHmac, randomBytes } from 'node:crypto'
import type { Claim } from '../../admission/admission.ts'
import type { ResolvedPolicy } from '../../policies/policy.ts'

/** The parameter `pk` of one policy for whom a request was counted; empty where the policy has none. */
export type PartitionKeys = (policy: PartitionedPolicy, claims: readonly Claim[]) => string

type PartitionedPolicy = Pick<ResolvedPolicy, 'name' | 'partitionKey'>

const keyBytes = 8

/**
 * Builds the function that makes partition keys: a Byte Sequence (RFC 9651 section 3.3.5) of a keyed hash
 * over the policy and the subject, for the draft asks that it shows nothing sensitive, and a plain hash of
 * an address is found by trying all of them.
 *
 * @param secret - without one, keys are good for this process alone
 */
export function createPartitionKeys(
  policies: readonly PartitionedPolicy[],
  secret: string | undefined,
): PartitionKeys {
  if (!policies.some(({ partitionKey }) => partitionKey)) return () => ''
  const key = secret ?? randomBytes(32)
  return (policy, claims) => {
    if (!policy.partitionKey) return ''
    const claim = claims.find(({ set }) => set.policies.some(({ name }) => name === policy.name))
    if (!claim) return ''
    const digest = createHmac('sha256', key).update(`${policy.name}\n${claim.subject}`).digest()
    return `;pk=:${digest.subarray(0, keyBytes).toString('base64')}:`
  }
}
