import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AlfredError, option, readOptions } from '@alfred/core'
import { syncFolder } from '../stores/sqlite/create-sqlite-file.ts'
import { type BackupFile, backupNames, readManifest, writeManifest } from './backup-manifest.ts'
import { type FileStorePaths, openStoreFiles, type StoreFiles } from './file-store-paths.ts'

/** Options of `backupFileStores`. */
export interface BackupFileStoresOptions extends FileStorePaths {
  /** The folder to make. It must not exist, and its parent must. */
  readonly to: string
}

/** What a backup holds. */
export interface FileStoresBackup {
  /** The folder that was made. */
  readonly folder: string
  /** The revision of the vault, 0 when it has no keys. */
  readonly revision: number
  /** How many entries the audit trail has. */
  readonly auditEntries: number
  /** How many client keys there are; `undefined` when none were asked for. */
  readonly clientKeys: number | undefined
}

const optionsRule = option.objectOf<BackupFileStoresOptions>(
  { vault: option.string(), clientKeys: option.string(), to: option.string() },
  { required: ['vault', 'to'] },
)

/** Keeps other writers out of all files until `work` is settled. */
export function holdFiles(files: StoreFiles['all'], work: () => Promise<void>): Promise<void> {
  const [first, ...others] = files
  return first ? first[1].hold(() => holdFiles(others, work)) : work()
}

/**
 * Copies the files of a vault, its audit trail and client keys into a new folder of mode 0700, all as they were at one moment,
 * while processes use them. They cannot write meanwhile: some milliseconds for each megabyte. The key-encryption key is not
 * among them; keep it elsewhere.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); `AlfredError` `ALFRED_VAULT_CONFLICT` when the folder exists,
 * `ALFRED_VAULT_KEY_NOT_FOUND` when there is nothing to back up, and those of the stores
 *
 * @example
 * ```ts
 * import { backupFileStores } from '@alfred/key-vault'
 *
 * export const backup = () =>
 *   backupFileStores({ vault: '.data/keys.vault', clientKeys: '.data/client-keys', to: '/backup/2026-11-30' })
 * ```
 */
export async function backupFileStores(options: BackupFileStoresOptions): Promise<FileStoresBackup> {
  const { vault, clientKeys, to } = readOptions('backup', options, optionsRule)
  const folder = resolve(to)
  if (existsSync(folder)) {
    throw new AlfredError('ALFRED_VAULT_CONFLICT', `${folder} exists. A backup is a new folder.`, {
      store: 'backup',
      path: folder,
    })
  }
  const files = openStoreFiles({ vault, clientKeys })
  const temporary = join(dirname(folder), `.${basename(folder)}.new-${randomUUID()}`)
  try {
    mkdirSync(temporary, { mode: 0o700 })
    const copied: BackupFile[] = []
    await holdFiles(files.all, async () => {
      for (const [name, file] of files.all) {
        if (await file.copyTo(join(temporary, backupNames[name]))) copied.push(name)
      }
    })
    if (copied.length === 0) {
      throw new AlfredError(
        'ALFRED_VAULT_KEY_NOT_FOUND',
        `There is no vault in ${resolve(vault)}, and no client keys.`,
        { path: resolve(vault) },
      )
    }
    writeManifest(temporary, Date.now(), copied)
    syncFolder(temporary)
    readManifest(temporary)
    renameSync(temporary, folder)
    syncFolder(dirname(folder))
  } catch (error) {
    if (error instanceof AlfredError) throw error
    throw new AlfredError(
      'ALFRED_STORE_UNAVAILABLE',
      `The backup ${folder} cannot be written.`,
      { store: 'backup', path: folder },
      { cause: error },
    )
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return { folder, ...(await countBackup(folder, clientKeys !== undefined)) }
}

/** Counts what is in the folder of a backup. */
async function countBackup(
  folder: string,
  hasClientKeys: boolean,
): Promise<Omit<FileStoresBackup, 'folder'>> {
  const { vault, trail, all } = openStoreFiles({
    vault: join(folder, backupNames.vault),
    clientKeys: hasClientKeys ? join(folder, backupNames.clientKeys) : undefined,
  })
  const keys = await all
    .find(([name]) => name === 'clientKeys')?.[1]
    .read((session) => Number(session.get('SELECT count(*) AS keys FROM client_keys')?.['keys']))
  return {
    revision: (await vault.read((session) => session.cell('document').number)) ?? 0,
    auditEntries: (await trail.read((session) => session.cell('length').number)) ?? 0,
    clientKeys: hasClientKeys ? (keys ?? 0) : undefined,
  }
}
