import { AlfredError, type AlfredErrorDetails, isAlfredError } from '@alfred/core'
import { acceptRestoredVault } from './vault/accept-restored-vault.ts'
import type { AuditHead } from './audit/audit-head.ts'
import { type AuditLog, createAuditLog } from './audit/audit-log.ts'
import { isClientKeyId } from './client-keys/records/client-key-text.ts'
import type { ClientKeyStore } from './client-keys/stores/client-key-store.ts'
import { clientKeyActions, restoredAction } from './client-keys/client-key-writer.ts'
import { createClientKeys } from './client-keys/client-keys.ts'
import { createFileClientKeyStore } from './client-keys/stores/file-client-key-store.ts'
import { createFileVaultStore } from './stores/file/file-vault-store.ts'
import type { KeyEncryptionKeyProvider } from './key-encryption/key-encryption-key.ts'
import { createKeyVault } from './key-vault.ts'
import type { VaultStore } from './stores/vault-store.ts'
import type { FileStorePaths } from './backup/file-store-paths.ts'

/** What is needed to check copies before they are put in place. */
interface RestoreCheck {
  readonly paths: FileStorePaths
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  readonly tenant?: string | undefined
  readonly actor?: string | undefined
  readonly auditHead?: AuditHead | undefined
  readonly acceptOlder?: boolean | undefined
  /** Whether there was a trail that can no longer say how new the vault was. */
  readonly trailIsLost: boolean
  /** The revision of the vault in place, as far as it can be read. */
  readonly revisionInPlace: number
}

const older = (
  why: string,
  details: AlfredErrorDetails['ALFRED_VAULT_ROLLED_BACK'] = {},
  cause?: unknown,
): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_ROLLED_BACK',
    `${why} Nothing was changed. To restore it nevertheless: alfred-security keys restore … --accept-older`,
    details,
    { cause },
  )

async function openOnce(store: VaultStore, check: RestoreCheck, auditHead?: AuditHead): Promise<void> {
  const { keyEncryptionKey, tenant } = check
  const vault = createKeyVault({ store, keyEncryptionKey, tenant, auditHead, rotate: false })
  try {
    await vault.ready()
  } finally {
    await vault.close()
  }
}

function whyOlder(
  { trailIsLost, revisionInPlace }: RestoreCheck,
  revision: number,
  cause: unknown,
): string | undefined {
  if (cause !== undefined) return 'The backup is older than the newest change in the audit trail.'
  if (revision < revisionInPlace) {
    return `The backup is at revision ${String(revision)}, and the vault in place at ${String(revisionInPlace)}.`
  }
  if (!trailIsLost) return undefined
  return 'The audit trail in place is damaged or of another vault, so nothing shows whether the backup is older.'
}

/** Whether the vault is older than its trail knows; accepted if it may be. @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK` */
async function checkVault(store: VaultStore, check: RestoreCheck): Promise<boolean> {
  const { keyEncryptionKey, tenant, actor, acceptOlder = false } = check
  let cause: unknown
  try {
    await openOnce(store, check, check.auditHead)
  } catch (error) {
    if (!isAlfredError(error, 'ALFRED_VAULT_ROLLED_BACK')) throw error
    cause = error
  }
  const { revision } = await store.read()
  const why = whyOlder(check, revision, cause)
  if (why === undefined) return false
  if (!acceptOlder) throw older(why, { revision, minRevision: check.revisionInPlace }, cause)
  await acceptRestoredVault({ store, keyEncryptionKey, tenant, actor })
  await openOnce(store, check)
  return true
}

async function areOlder(store: ClientKeyStore, audit: AuditLog): Promise<boolean> {
  for (const [id, changes] of await audit.countDone(clientKeyActions, restoredAction)) {
    if (isClientKeyId(id) && ((await store.find(id))?.revision ?? 0) < changes) return true
  }
  return false
}

async function checkClientKeys(path: string, vaultStore: VaultStore, check: RestoreCheck): Promise<boolean> {
  const { keyEncryptionKey, tenant, actor, acceptOlder = false } = check
  const audit = createAuditLog({ store: vaultStore, keyEncryptionKey, tenant, actor })
  const store = createFileClientKeyStore({ path })
  const isOlder = await areOlder(store, audit)
  if (isOlder && !acceptOlder)
    throw older('The client keys of the backup are older than the newest change in the audit trail.')
  const clientKeys = createClientKeys({ store, keyEncryptionKey, audit })
  try {
    if (isOlder) await clientKeys.acceptRestored({ actor })
    // Opens every record.
    await clientKeys.list()
  } finally {
    await clientKeys.close()
  }
  return isOlder
}

/**
 * Opens copies of a backup as a server would.
 *
 * @returns the revision of the vault, and whether anything was older than the audit trail knows
 * @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK` when something is older and may not be, `ALFRED_VAULT_TAMPERED`,
 * `ALFRED_VAULT_WRONG_KEY`
 */
export async function checkRestored(
  check: RestoreCheck,
): Promise<{ readonly revision: number; readonly older: boolean }> {
  const store = createFileVaultStore({ path: check.paths.vault })
  const { clientKeys } = check.paths
  const isVaultOlder = await checkVault(store, check)
  const areKeysOlder = clientKeys !== undefined && (await checkClientKeys(clientKeys, store, check))
  return { revision: (await store.read()).revision, older: isVaultOlder || areKeysOlder }
}
