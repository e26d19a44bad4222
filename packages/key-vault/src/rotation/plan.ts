import { changeKeys, type Moment, promotePending } from '../vault/key-stages.ts'
import type { RotationRecord, VaultDocument } from '../vault/vault-document.ts'
import type { ResolvedPolicy } from '../providers/provider-policy.ts'

/** When the next rotation is due: the interval, less a part of it by chance. */
export const nextRotationAt = ({ rotateEveryMs, jitter }: ResolvedPolicy, now: number): number =>
  Math.round(now + rotateEveryMs * (1 - jitter * Math.random()))

const fresh = (policy: ResolvedPolicy, now: number): RotationRecord => ({
  nextRotationAt: nextRotationAt(policy, now),
  failures: 0,
})

/** Plans the next rotation of a provider, from now on. */
export const replanned = (
  document: VaultDocument,
  provider: string,
  policy: ResolvedPolicy,
  now: number,
): VaultDocument => changeKeys(document, provider, (keys) => ({ ...keys, rotation: fresh(policy, now) }))

/** A version becomes current, and the next rotation is planned. */
export const planned = (
  document: VaultDocument,
  provider: string,
  version: number,
  policy: ResolvedPolicy,
  moment: Moment,
): VaultDocument =>
  replanned(promotePending(document, provider, version, moment), provider, policy, moment.now)
