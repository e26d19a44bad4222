import type { EventBus, Logger } from '@alfred/core'
import type { Change, VaultCore } from '../vault/vault-core.ts'
import type { KeyVersion, VaultDocument } from '../vault/vault-document.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import type { KnownKey } from '../providers/provider-adapter.ts'
import type { ResolvedPolicy } from '../providers/provider-policy.ts'

/** What the steps of one provider's rotation work with. */
export interface StepContext {
  readonly provider: string
  readonly policy: ResolvedPolicy
  readonly tenant: string
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /** The store's time, ms since the epoch. */
  readonly now: () => number
  readonly logger: Logger
  readonly events?: EventBus | undefined
  readonly core: VaultCore
  /** Changes the document under the rotator's lease. */
  change<T>(change: Change<T>): Promise<T>
  /** Changes the document under the rotator's lease, where nothing is waited for. */
  readonly write: (
    change: (document: VaultDocument, moment: { now: number; revision: number }) => VaultDocument,
  ) => Promise<void>
  /** Calls the provider, for a limited time. Failures are `ProviderError`s. */
  call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/** A version as its provider's adapter wants it. */
export async function knownKey({ core, provider }: StepContext, version: KeyVersion): Promise<KnownKey> {
  const secret = await core.open(provider, version)
  return { remoteId: version.remoteId, secret: secret?.reveal() }
}
