import { createFileVaultStore, createPostgresVaultStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
import {
  anthropicAdapter,
  ollamaAdapter,
  openAiAdapter,
  type ProviderPolicy,
} from '@alfred/key-vault/providers'
import type { AlfredConfig } from '@alfred/prod-security'
import type { DataFolder } from './data-folder.ts'
import { openPostgresStore } from './postgres-store.ts'
import type { Settings } from './settings/settings.ts'

/** The vault's part of the configuration. */
export type VaultConfig = NonNullable<Exclude<AlfredConfig['vault'], false>>

/** Keys go nowhere in plain text: elsewhere than on this machine a provider is probed and rotated over TLS only. */
const isPrivate = (url: string | undefined): boolean =>
  url === undefined ||
  url.startsWith('https:') ||
  /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/.test(url)

/** How the keys of the configured providers are rotated. Without an admin key they are staged by hand, and tested. */
export function keyPolicies({
  openai,
  anthropic,
  ollama,
}: Settings): Readonly<Record<string, ProviderPolicy>> {
  const policies: Record<string, ProviderPolicy> = {}
  if (openai && isPrivate(openai.baseUrl)) {
    const { adminKey, projectId, baseUrl } = openai
    policies['openai'] = { adapter: openAiAdapter({ adminKey, projectId, baseUrl }) }
  }
  if (anthropic && isPrivate(anthropic.baseUrl)) {
    const { adminKey, baseUrl } = anthropic
    policies['anthropic'] = { adapter: anthropicAdapter({ adminKey, baseUrl }) }
  }
  if (ollama && /^https?:/.test(ollama.host) && isPrivate(ollama.host)) {
    policies['ollama'] = { adapter: ollamaAdapter({ baseUrl: ollama.host }) }
  }
  return policies
}

/** Whether the vault is in the database, for all instances that have its key. */
export const keysAreShared = ({ postgres, vaultKeyFile }: Settings): boolean =>
  postgres !== undefined && vaultKeyFile !== undefined

/**
 * Where Alfred keeps the providers' keys: in a file of its own, or, when instances share a database and the key that
 * encrypts the vault, in that database. One of them rotates at a time.
 */
export function vaultConfig(settings: Settings, data: DataFolder): VaultConfig {
  const { postgres, migratesByCommand } = settings
  return {
    store:
      postgres !== undefined && keysAreShared(settings)
        ? openPostgresStore(postgres, 'alfred-vault', (pool) =>
            createPostgresVaultStore({ pool, createTables: !migratesByCommand }),
          )
        : createFileVaultStore({ path: data.vault }),
    keyEncryptionKey: keyEncryptionKeyFromFile(data.vaultKey, {
      create: data.vaultKeyIsNew,
      allowLoosePermissions: data.vaultKeyIsGiven,
    }),
    providers: keyPolicies(settings),
  }
}
