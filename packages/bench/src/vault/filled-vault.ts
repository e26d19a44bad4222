import type { KeyEncryptionKeyProvider } from '@alfred/key-vault'
// Staging so many keys one by one would write so many documents, and take minutes.
import { sealSecret } from '../../../key-vault/src/key-encryption/sealed-secret.ts'
import { createDocumentCodec, type ProviderKeys } from '../../../key-vault/src/vault/vault-document.ts'

const versionsPerProvider = 100

/** The first revision of a vault with so many records, as a store holds it. */
export async function filledVault(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  records: number,
): Promise<string> {
  const tenant = 'default'
  const document = new Map<string, ProviderKeys>()
  for (let index = 0; index < records / versionsPerProvider; index++) {
    const provider = `provider-${String(index)}`
    const versions = []
    for (let version = 1; version <= versionsPerProvider; version++) {
      const sealed = await sealSecret(
        keyEncryptionKey,
        { tenant, provider, version },
        `sk-${provider}-${String(version)}`,
      )
      versions.push({ version, stage: 'pending' as const, since: 0, sinceRevision: 1, sealed })
    }
    document.set(provider, { nextVersion: versionsPerProvider + 1, versions })
  }
  return createDocumentCodec(keyEncryptionKey, tenant).encode(document, 1)
}
