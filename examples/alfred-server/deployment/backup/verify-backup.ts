import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { explain } from '../driver/deploy-error.ts'
import { BadBackupError } from './bad-backup-error.ts'
import type { BackupContext } from './create-backup.ts'
import { fetchBackup, findBackup } from './fetch-backup.ts'
import { keyOfVerification, type Verification } from './inventory.ts'
import type { Manifest } from './manifest.ts'
import { runProgram } from './program.ts'
import { dropDatabase, restoreInto, withDatabase } from './restore-database.ts'
import { findCause } from './steps.ts'

/**
 * Restores a backup into the scratch server, compares every table, lets the app run on it, and notes in the storage
 * that it did. There the next backup finds the note and shows it to Prometheus.
 */
export async function verifyBackup(context: BackupContext, id: string): Promise<Manifest> {
  const { manifest } = await findBackup(context, id)
  try {
    await tryRestore(context, manifest)
  } catch (error) {
    // A lost connection or a full disk here says nothing about the backup.
    const fault = findCause(error, BadBackupError)
    if (fault) await note(context, manifest.id, 'failed', explain(fault))
    throw error
  }
  await context.step('note', () => note(context, manifest.id, 'verified', ''))
  return manifest
}

async function tryRestore(context: BackupContext, manifest: Manifest): Promise<void> {
  const { settings, step, signal } = context
  const { scratch } = settings
  const name = `alfred_verify_${String(process.pid)}`
  const { files } = await fetchBackup(context, manifest)
  const { database, secrets } = files
  if (database === undefined) throw new BadBackupError('it has no database')
  try {
    await step('restore', () => restoreInto(scratch, name, database, manifest, signal))
    if (settings.smoke !== undefined) {
      await step('smoke', () => smoke(context, withDatabase(scratch, name).url, secrets))
    }
  } finally {
    await dropDatabase(scratch, name).catch(() => undefined)
  }
}

/** The program sees where the database and the secrets are, and ends with 0 when the app works with them. */
async function smoke(
  { settings, signal, workFolder }: BackupContext,
  url: string,
  secrets: string | undefined,
): Promise<void> {
  const folder = join(workFolder, 'restored-secrets')
  await mkdir(folder, { mode: 0o700 })
  if (secrets !== undefined)
    await runProgram(['tar', '--extract', '--file', secrets, '--directory', folder], { signal })
  const env = { ...process.env, ALFRED_RESTORED_DATABASE: url, ALFRED_RESTORED_SECRETS: folder }
  await runProgram([settings.smoke ?? ''], { signal, env })
}

function note(
  { storage, signal }: BackupContext,
  id: string,
  outcome: Verification['outcome'],
  detail: string,
): Promise<void> {
  const verification: Verification = { at: new Date().toISOString(), outcome, detail }
  return storage.putText(keyOfVerification(id), `${JSON.stringify(verification)}\n`, signal)
}
