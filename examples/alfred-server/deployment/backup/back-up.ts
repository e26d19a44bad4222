import { explain } from '../driver/deploy-error.ts'
import { createStateStore } from '../driver/state.ts'
import { factsOf, writeBackupMetrics } from './backup-metrics.ts'
import { applyRetention, type BackupContext, createBackup } from './create-backup.ts'
import { type InventoryEntry, readInventory } from './inventory.ts'

/**
 * Makes a backup, removes old ones, and shows to Prometheus how that went. A backup that is stored counts: when old
 * ones stay, or the metrics cannot be written, a line says so.
 *
 * @param print - takes a line for a person
 * @returns the backup, by its time
 * @throws Error when there is no new backup
 */
export async function backUp(context: BackupContext, print: (line: string) => void): Promise<string> {
  const id = await make(context).catch(async (error: unknown) => {
    await show(context, false, undefined, print)
    throw error
  })
  const kept = await applyRetention(context).catch((error: unknown) => {
    print(`The backup ${id} is stored, and old ones were not removed: ${explain(error)}`)
    return undefined
  })
  await show(context, kept !== undefined, kept, print)
  return id
}

async function make(context: BackupContext): Promise<string> {
  const { current } = await createStateStore(context.settings.stateFolder).read()
  return (await createBackup(context, current?.version)).id
}

/** Fails with nobody: why a backup failed is more than that the metrics could not be written. */
async function show(
  { settings, storage, environment, signal }: BackupContext,
  succeeded: boolean,
  inventory: readonly InventoryEntry[] | undefined,
  print: (line: string) => void,
): Promise<void> {
  try {
    const found = inventory ?? (await readInventory(storage, environment, signal).catch(() => undefined))
    await writeBackupMetrics(settings.stateFolder, succeeded, found && factsOf(found))
  } catch (error) {
    print(`The metrics were not written: ${explain(error)}`)
  }
}
