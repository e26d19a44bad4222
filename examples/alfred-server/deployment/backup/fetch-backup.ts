import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupContext } from './create-backup.ts'
import { type InventoryEntry, readInventory } from './inventory.ts'
import { keyOfPart, type Manifest, type PartName, partNames } from './manifest.ts'
import { downloadSealed, openSealed } from './sealed-file.ts'

/** A backup on this machine, decrypted and checked. */
export interface FetchedBackup {
  readonly manifest: Manifest
  readonly files: Readonly<Partial<Record<PartName, string>>>
}

/**
 * @param id - or `latest`, the newest that is complete
 * @throws Error when there is none, or when it is not complete
 */
export async function findBackup(
  { storage, environment, step, signal }: BackupContext,
  id: string,
): Promise<InventoryEntry & { readonly manifest: Manifest }> {
  return step('find', async () => {
    const inventory = await readInventory(storage, environment, signal)
    const found =
      id === 'latest'
        ? inventory.findLast(({ isGood }) => isGood)
        : inventory.find((entry) => entry.id === id)
    if (found === undefined)
      throw new Error(`there is no ${id === 'latest' ? 'good backup' : `backup ${id}`} of ${environment}`)
    const { manifest, problem } = found
    if (manifest === undefined) throw new Error(`the backup ${id} cannot be used: ${problem ?? ''}`)
    return { ...found, manifest }
  })
}

/** Downloads, checks and decrypts every part into the run's folder. */
export async function fetchBackup(context: BackupContext, manifest: Manifest): Promise<FetchedBackup> {
  const { storage, settings, step, signal, workFolder } = context
  const { age, identityFile } = settings
  if (identityFile === undefined)
    throw new Error('ALFRED_BACKUP_IDENTITY_FILE must name the key that opens it')
  await mkdir(workFolder, { recursive: true, mode: 0o700 })
  const files: Partial<Record<PartName, string>> = {}
  for (const part of partNames) {
    const sealed = manifest.parts[part]
    if (sealed === undefined) continue
    const file = join(workFolder, part)
    await step(`fetch ${part}`, async () => {
      await downloadSealed(await storage.read(keyOfPart(manifest.id, part), signal), `${file}.age`, sealed)
      await openSealed(`${file}.age`, file, sealed, { age, identityFile }, { signal })
      await rm(`${file}.age`)
    })
    files[part] = file
  }
  return { manifest, files }
}
