import { type AuditLogOptions, createAuditLog } from '../audit/audit-log.ts'
import { vaultActions } from './rollback-check.ts'
import type { VaultStore } from '../stores/vault-store.ts'

/** What says of a vault that its present state counts, whatever it was before. */
export const restoredAction = `${vaultActions}restored`

/**
 * Accepts the state that a vault is in, as after a backup was restored: without it a vault that is older than its audit trail says
 * is refused with `ALFRED_VAULT_ROLLED_BACK`. It is noted in the trail. Restart the processes that had the vault open.
 *
 * @returns the revision that was accepted
 * @throws `AlfredError` of the store and of the audit trail
 *
 * @example
 * ```ts
 * import { acceptRestoredVault, createFileVaultStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
 *
 * export const accept = () =>
 *   acceptRestoredVault({
 *     store: createFileVaultStore({ path: '.data/keys.vault' }),
 *     keyEncryptionKey: keyEncryptionKeyFromFile('.data/vault.key'),
 *     actor: 'ada',
 *   })
 * ```
 */
export async function acceptRestoredVault(
  options: AuditLogOptions & { readonly store: VaultStore },
): Promise<number> {
  const { revision } = await options.store.read()
  const event = { action: restoredAction, subject: options.tenant ?? 'default', details: { revision } }
  await createAuditLog(options).record(event, () => Promise.resolve())
  return revision
}
