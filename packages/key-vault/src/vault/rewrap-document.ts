import type { Clock } from '@alfred/core'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { openSecret, sealSecret } from '../key-encryption/sealed-secret.ts'
import type { KeyVersion, ProviderKeys, VaultDocument } from './vault-document.ts'

/** What one pass came to. */
export interface RewrapPass {
  readonly document: VaultDocument
  /** How many records were encrypted anew. */
  readonly rewrapped: number
  /** How many still wait for the next pass. */
  readonly left: number
}

/** How many records are under way at once, where a key service is asked over a network. */
const concurrency = 32

/**
 * Encrypts records anew that are not under the current key-encryption key. It stops after `passMs`, so that what was
 * done is written and a crash loses no more than that.
 */
export async function rewrapDocument(
  document: VaultDocument,
  keyEncryptionKey: KeyEncryptionKeyProvider,
  { tenant, clock, passMs }: { readonly tenant: string; readonly clock: Clock; readonly passMs: number },
): Promise<RewrapPass> {
  const waiting: { readonly provider: string; readonly version: KeyVersion }[] = []
  for (const [provider, { versions }] of document) {
    for (const version of versions) {
      if (version.sealed && version.sealed.keyEncryptionKeyId !== keyEncryptionKey.id) {
        waiting.push({ provider, version })
      }
    }
  }

  const renewed = new Map<KeyVersion, KeyVersion>()
  const renew = async (provider: string, version: KeyVersion): Promise<void> => {
    if (!version.sealed) return
    const target = { tenant, provider, version: version.version }
    // The secret is sealed anew, not its data key alone: the id of the key-encryption key is bound into both.
    const secret = await openSecret(keyEncryptionKey, target, version.sealed)
    renewed.set(version, { ...version, sealed: await sealSecret(keyEncryptionKey, target, secret) })
  }

  const endsAt = clock.monotonicMs() + passMs
  for (let next = 0; next < waiting.length; next += concurrency) {
    if (next > 0 && clock.monotonicMs() >= endsAt) break
    await Promise.all(
      waiting.slice(next, next + concurrency).map(({ provider, version }) => renew(provider, version)),
    )
  }
  if (renewed.size === 0) return { document, rewrapped: 0, left: 0 }

  const rewritten = ([provider, keys]: [string, ProviderKeys]): [string, ProviderKeys] => [
    provider,
    { ...keys, versions: keys.versions.map((version) => renewed.get(version) ?? version) },
  ]
  return {
    document: new Map([...document].map(rewritten)),
    rewrapped: renewed.size,
    left: waiting.length - renewed.size,
  }
}
