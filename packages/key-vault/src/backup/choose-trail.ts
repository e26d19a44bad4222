import { renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AlfredError, isAlfredError } from '@alfred/core'
import type { AuditHead } from '../audit/audit-head.ts'
import { type AuditLog, createAuditLog } from '../audit/audit-log.ts'
import { createFileVaultStore, trailPathOf } from '../stores/file/file-vault-store.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { isUnusableFile } from '../stores/sqlite/sqlite-failure.ts'
import type { SqliteFile } from '../stores/sqlite/sqlite-file.ts'

/** Which audit trail stands there after a restore. */
export type TrailChoice = 'kept' | 'restored'

/** What is needed to compare two trails. */
interface TrailParts {
  /** The copy of the backed-up vault; its trail beside it may be replaced. */
  readonly staged: string
  /** The trail that is to be replaced. */
  readonly inPlace: SqliteFile
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  readonly tenant?: string | undefined
}

/** The head of a trail, `undefined` when it is not intact. */
async function intactHead(log: AuditLog): Promise<AuditHead | undefined> {
  const verification = await log.verify()
  return verification.intact ? verification.head : undefined
}

/** Does what a trail is needed for that may be damaged, of the text format, or under another key. */
const unlessUnusable = <T>(task: Promise<T>): Promise<T | 'unusable'> =>
  task.catch((error: unknown) => {
    if (isUnusableFile(error) || isAlfredError(error, 'ALFRED_VAULT_WRONG_KEY')) return 'unusable'
    throw error
  })

/**
 * Puts the trail in place beside the copy of the backed-up vault, where it continues the trail of the backup.
 *
 * @returns whether it did, and whether a trail in place is lost, so that nothing says how new the vault was
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when the trail of the backup is not intact, `ALFRED_VAULT_WRONG_KEY`
 */
export async function chooseTrail({
  staged,
  inPlace,
  keyEncryptionKey,
  tenant,
}: TrailParts): Promise<{ readonly choice: TrailChoice; readonly isLost: boolean }> {
  const logOf = (path: string): AuditLog =>
    createAuditLog({ store: createFileVaultStore({ path }), keyEncryptionKey, tenant })
  const backup = logOf(staged)
  const backupHead = await intactHead(backup)
  if (!backupHead)
    throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The audit trail of the backup is not intact.', {
      target: 'audit-trail',
      path: staged,
    })

  const copy = join(dirname(staged), 'in-place')
  const copied = await unlessUnusable(inPlace.copyTo(trailPathOf(copy)))
  if (copied === 'unusable') return { choice: 'restored', isLost: true }
  if (!copied) return { choice: 'restored', isLost: false }
  const current = logOf(copy)
  const currentHead = await unlessUnusable(intactHead(current))
  if (!currentHead || currentHead === 'unusable') return { choice: 'restored', isLost: true }
  if (currentHead.length >= backupHead.length && (await current.holds(backupHead))) {
    renameSync(trailPathOf(copy), trailPathOf(staged))
    return { choice: 'kept', isLost: false }
  }
  return { choice: 'restored', isLost: !(await backup.holds(currentHead)) }
}
