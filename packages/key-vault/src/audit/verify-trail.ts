import { isAlfredError } from '@alfred/core'
import type { AuditChain } from './audit-entry.ts'
import { type AuditHead, emptyHead } from './audit-head.ts'
import { readSlices, type ReadableTrail } from './read-slices.ts'
import type { AuditTrail } from './audit-trail.ts'
import { type AuditVerification, createChainCheck } from './verify-chain.ts'

/** Checks every entry of a trail, and that it still holds everything up to `head`. */
export async function verifyTrail(
  store: ReadableTrail,
  trail: Pick<AuditTrail, 'isEmpty' | 'readChain'>,
  head: AuditHead | undefined,
): Promise<AuditVerification> {
  if (await trail.isEmpty()) {
    return head && head.length > 0
      ? { intact: false, at: 0, reason: 'truncated' }
      : { intact: true, head: emptyHead }
  }
  let chain: AuditChain
  try {
    chain = await trail.readChain()
  } catch (error) {
    if (!isAlfredError(error, 'ALFRED_VAULT_TAMPERED')) throw error
    return { intact: false, at: 0, reason: 'altered' }
  }
  const check = createChainCheck(chain, { expectedLength: head?.length })
  for await (const { entries } of readSlices(store, 0)) {
    if (!check.add(entries)) break
  }
  return check.result(head)
}
