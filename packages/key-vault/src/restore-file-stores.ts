import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AlfredError, option, readOptions } from '@alfred/core'
import type { AuditHead } from './audit/audit-head.ts'
import { keyEncryptionKeyRule } from './key-encryption/key-encryption-key-rule.ts'
import type { KeyEncryptionKeyProvider } from './key-encryption/key-encryption-key.ts'
import { createPrivateFile, syncFile, syncFolder } from './stores/sqlite/create-sqlite-file.ts'
import { isUnusableFile } from './stores/sqlite/sqlite-failure.ts'
import type { SqliteFile } from './stores/sqlite/sqlite-file.ts'
import { forgetChanges } from './client-keys/stores/file-client-key-store.ts'
import { holdFiles } from './backup/backup-file-stores.ts'
import { type BackupFile, backupNames, readManifest } from './backup/backup-manifest.ts'
import { checkRestored } from './check-restored.ts'
import { chooseTrail, type TrailChoice } from './backup/choose-trail.ts'
import { type FileStorePaths, openStoreFiles, type StoreFiles } from './backup/file-store-paths.ts'

/** Options of `restoreFileStores`. */
export interface RestoreFileStoresOptions extends FileStorePaths {
  /** The folder that `backupFileStores` made. */
  readonly from: string
  /** Opens the backup: one that it does not open is not restored. */
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /**
   * Restore a backup that is older than the audit trail knows. Keys that were revoked since are valid again.
   * @default false
   */
  readonly acceptOlder?: boolean | undefined
  /** Where the audit trail ended, kept elsewhere: a trail that does not hold it is older. */
  readonly auditHead?: AuditHead | undefined
  /** Whose vault it is. @default 'default' */
  readonly tenant?: string | undefined
  /** Who restores it, for the audit trail. @default 'application' */
  readonly actor?: string | undefined
}

/** What was restored. */
export interface RestoredFileStores {
  /** When the backup was made, in milliseconds since the epoch. */
  readonly createdAt: number
  /** The revision of the vault. */
  readonly revision: number
  /** `kept`: the trail in place goes on. `restored`: it was missing or not usable, and is the one of the backup. */
  readonly trail: TrailChoice
  /** Whether the backup was older than the audit trail knew, which is noted in the trail. */
  readonly older: boolean
  /** What stood there before, one path a file. */
  readonly previous: readonly string[]
}

const optionsRule = option.objectOf<RestoreFileStoresOptions>(
  {
    from: option.string(),
    vault: option.string(),
    clientKeys: option.string(),
    keyEncryptionKey: keyEncryptionKeyRule,
    acceptOlder: option.boolean(),
    auditHead: option.objectOf<AuditHead>({ length: option.integer({ min: 0 }), mac: option.string() }),
    tenant: option.string(),
    actor: option.string(),
  },
  { required: ['from', 'vault', 'keyEncryptionKey'] },
)

/** The files in place that can be opened: others are no reason not to replace them, and cannot be locked. */
async function usableOf({ all }: StoreFiles): Promise<ReadonlyMap<BackupFile, SqliteFile>> {
  const usable = new Map<BackupFile, SqliteFile>()
  for (const [name, file] of all) {
    try {
      if ((await file.read(() => true)) === true) usable.set(name, file)
    } catch (error) {
      if (!isUnusableFile(error)) throw error
    }
  }
  return usable
}

/** A number of the file in place, or `unknown` of one that is not there or cannot be read. */
async function numberInPlace(file: SqliteFile | undefined, cell: string, unknown: number): Promise<number> {
  try {
    return (await file?.read((session) => session.cell(cell).number)) ?? unknown
  } catch (error) {
    if (isUnusableFile(error)) return unknown
    throw error
  }
}

/** Writes a copy of mode 0600 that is synced. Not by `copyFile`, which copies the mode as well. */
function copyPrivately(from: string, to: string): void {
  createPrivateFile(to)
  writeFileSync(to, readFileSync(from))
  syncFile(to)
}

/** Puts a new file in place of another. @returns where the other is now; `undefined` when there was none */
function swap(from: string, path: string, isHeld: boolean): string | undefined {
  const previous = `${path}.before-restore`
  rmSync(previous, { force: true })
  const had = existsSync(path)
  if (had) linkSync(path, previous)
  // Of a file that is held the journal was rolled back; of another one it must not be, into the new file.
  if (!isHeld) rmSync(`${path}-journal`, { force: true })
  renameSync(from, path)
  syncFolder(dirname(path))
  return had ? previous : undefined
}

/**
 * Moves on what only ever grows: processes that have seen a later position of the client keys look at all of them again, and who
 * holds a later lease is fenced. The notes are those of processes that are gone.
 */
async function moveOn(name: BackupFile, staged: SqliteFile, inPlace: SqliteFile | undefined): Promise<void> {
  const cell = name === 'vault' ? 'lease' : 'position'
  // Seconds since 1970 are more than there can have been.
  const reached = await numberInPlace(inPlace, cell, Math.floor(Date.now() / 1000))
  await staged.write((session) => {
    const number = Math.max(reached, session.cell(cell).number)
    if (name === 'clientKeys') {
      forgetChanges(session, number)
      return
    }
    session.setCell('lease', number + 1, '0 0')
    session.setCell('notes', 0, '[]')
  })
}

/**
 * Puts a backup in place of the files of a vault and client keys, all together, while processes may run; restart them
 * afterwards. The audit trail in place goes on where it continues the one of the backup, so that nothing that was noted is lost.
 * A backup that is older than that trail knows is refused, unless `acceptOlder` says otherwise, which is noted in it. Everything is
 * checked on copies before anything is changed; what stood there stays as `<path>.before-restore`.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); `AlfredError` `ALFRED_VAULT_ROLLED_BACK` when the backup is older,
 * `ALFRED_VAULT_TAMPERED` when it is damaged, `ALFRED_VAULT_WRONG_KEY` when another key wrote it, and those of the stores
 *
 * @example
 * ```ts
 * import { keyEncryptionKeyFromFile, restoreFileStores } from '@alfred/key-vault'
 *
 * export const restore = () =>
 *   restoreFileStores({
 *     from: '/backup/2026-11-30',
 *     vault: '.data/keys.vault',
 *     clientKeys: '.data/client-keys',
 *     keyEncryptionKey: keyEncryptionKeyFromFile('/run/secrets/vault.key'),
 *   })
 * ```
 */
export async function restoreFileStores(options: RestoreFileStoresOptions): Promise<RestoredFileStores> {
  const checked = readOptions('restore', options, optionsRule)
  const from = resolve(checked.from)
  const { createdAt, files: backedUp } = readManifest(from)
  if (checked.clientKeys !== undefined && backedUp.clientKeys === undefined) {
    throw new AlfredError(
      'ALFRED_VAULT_KEY_NOT_FOUND',
      `The backup ${from} has no client keys. Restore the vault alone.`,
      { path: from },
    )
  }
  const inPlace = openStoreFiles(checked)
  const stagedFolder = mkdtempSync(
    join(dirname(resolve(checked.vault)), `.${basename(checked.vault)}.restore-`),
  )
  const stagedPaths = {
    vault: join(stagedFolder, backupNames.vault),
    clientKeys: checked.clientKeys === undefined ? undefined : join(stagedFolder, backupNames.clientKeys),
  }
  const staged = openStoreFiles(stagedPaths)
  /** Beside the files in place, which may be on several disks. */
  const prepared = inPlace.all.map(([name, { path }]) => ({
    name,
    path,
    next: `${path}.next-${randomUUID()}`,
  }))
  try {
    for (const [name, { path }] of staged.all) {
      if (backedUp[name] !== undefined) copyPrivately(join(from, backupNames[name]), path)
    }
    let restored: RestoredFileStores | undefined
    const usable = await usableOf(inPlace)
    await holdFiles([...usable], async () => {
      const trail = await chooseTrail({ ...checked, staged: stagedPaths.vault, inPlace: inPlace.trail })
      const { revision, older } = await checkRestored({
        ...checked,
        paths: stagedPaths,
        trailIsLost: trail.isLost,
        revisionInPlace: await numberInPlace(usable.get('vault'), 'document', 0),
      })
      for (const [name, file] of staged.all) {
        if (name !== 'trail' && backedUp[name] !== undefined) await moveOn(name, file, usable.get(name))
      }
      const ready = prepared.filter(({ name }) => existsSync(join(stagedFolder, backupNames[name])))
      for (const { name, next } of ready) copyPrivately(join(stagedFolder, backupNames[name]), next)
      const previous = ready.map(({ name, path, next }) => swap(next, path, usable.has(name)))
      restored = {
        createdAt,
        revision,
        trail: trail.choice,
        older,
        previous: previous.filter((path) => path !== undefined),
      }
    })
    if (!restored) throw new Error('nothing was restored')
    return restored
  } catch (error) {
    if (error instanceof AlfredError) throw error
    throw new AlfredError(
      'ALFRED_STORE_UNAVAILABLE',
      `The backup ${from} cannot be restored.`,
      { store: 'backup', path: from },
      { cause: error },
    )
  } finally {
    rmSync(stagedFolder, { recursive: true, force: true })
    for (const { next } of prepared) rmSync(next, { force: true })
  }
}
