import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AlfredError, option, readOptions } from '@alfred/core'
import { forgetChanges, putClientKey } from '../client-keys/stores/file-client-key-store.ts'
import { insertEntries } from '../stores/file/file-audit-trail.ts'
import { trailPathOf } from '../stores/file/file-vault-store.ts'
import { hasErrorCode, requirePrivate } from '../key-encryption/private-file.ts'
import { createPrivateFile, initialiseSqliteFile, syncFolder } from '../stores/sqlite/create-sqlite-file.ts'
import { sqliteFailure } from '../stores/sqlite/sqlite-failure.ts'
import {
  clientKeyFormat,
  type SqliteFormat,
  trailFormat,
  vaultFormat,
} from '../stores/sqlite/sqlite-format.ts'
import type { SqliteSession } from '../stores/sqlite/sqlite-session.ts'
import {
  filesBeside,
  readTextClientKeys,
  readTextEpoch,
  readTextSnapshot,
  readTextTrail,
  textInUseUntil,
} from './text-format.ts'

/** Options of `migrateTextFiles`. */
export interface MigrateTextFilesOptions {
  /** The file of a vault; its audit trail stands beside it. */
  readonly vault?: string | undefined
  /** The file of client keys. */
  readonly clientKeys?: string | undefined
  /**
   * Do not look for notes of processes that still use the vault.
   * @default false
   */
  readonly force?: boolean | undefined
}

const optionsRule = option.objectOf<MigrateTextFilesOptions>({
  vault: option.string(),
  clientKeys: option.string(),
  force: option.boolean(),
})

function startOf(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    const start = Buffer.alloc(64)
    readSync(file, start, 0, start.length, 0)
    return start.toString('latin1')
  } finally {
    closeSync(file)
  }
}

/** A process of the earlier version would rename its file over the new one, and lose what was written there. */
function requireUnused(path: string): void {
  const leftMs = textInUseUntil(path) - Date.now()
  if (leftMs <= 0) return
  throw new AlfredError(
    'ALFRED_VAULT_CONFLICT',
    `A process used ${path} recently. Stop all processes that use it and retry in ${String(Math.ceil(leftMs / 1000))} s, or use force.`,
    { store: 'file', path, retryAfterMs: leftMs },
  )
}

/** Puts the file in place of the one before, which stays in a folder beside it with all that belonged to it. */
function replace(path: string, format: SqliteFormat, fill: (session: SqliteSession) => void): void {
  const aside = `${path}.text-format`
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  const temporary = `${path}.new-${randomUUID()}`
  try {
    createPrivateFile(temporary)
    initialiseSqliteFile(temporary, format, fill)
    const kept = join(aside, basename(path))
    if (existsSync(path) && !existsSync(kept)) linkSync(path, kept)
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
    rmSync(`${temporary}-journal`, { force: true })
  }
  syncFolder(dirname(path))
}

function moveAside(path: string): void {
  for (const name of filesBeside(path)) {
    const folder = `${path}.text-format`
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    renameSync(join(dirname(path), name), join(folder, name))
  }
}

/** @returns whether there was anything to do */
function migrate(path: string, format: SqliteFormat, read: () => (session: SqliteSession) => void): boolean {
  const start = startOf(path)
  const hasClaims = start === undefined && filesBeside(path).some((name) => /\.r\d+$/.test(name))
  const isText = hasClaims || (start !== undefined && format.isTextFormat(start))
  if (isText) {
    if (start !== undefined) requirePrivate(path, statSync(path))
    replace(path, format, read())
  }
  // Also those that a migration left which was killed.
  moveAside(path)
  return isText
}

/**
 * Brings the files of a vault, its audit trail and client keys from the text format of earlier versions into the present one.
 * Stop every process that uses them first. What was there stays in `<path>.text-format`; remove it once all is well. It may
 * be run again, also after it was killed.
 *
 * @returns the files that were migrated
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); `AlfredError` `ALFRED_VAULT_CONFLICT` when a process still uses the
 * vault, `ALFRED_VAULT_TAMPERED` when a file is damaged, `ALFRED_VAULT_LOOSE_PERMISSIONS`, `ALFRED_STORE_UNAVAILABLE`
 *
 * @example
 * ```ts
 * import { migrateTextFiles } from '@alfred/key-vault'
 *
 * export const migrated = () => migrateTextFiles({ vault: '.data/keys.vault', clientKeys: '.data/client-keys' })
 * ```
 */
export function migrateTextFiles(options: MigrateTextFilesOptions): readonly string[] {
  const { vault, clientKeys, force = false } = readOptions('migrate', options, optionsRule)
  const migrated: string[] = []
  const run = (path: string, format: SqliteFormat, read: () => (session: SqliteSession) => void): void => {
    try {
      if (!force) requireUnused(path)
      if (migrate(path, format, read)) migrated.push(path)
    } catch (error) {
      throw sqliteFailure(path, format, error)
    }
  }
  if (vault !== undefined) {
    const path = resolve(vault)
    const trail = trailPathOf(path)
    // First: a vault that is there without its trail would be refused.
    run(trail, trailFormat, () => {
      if (!force) requireUnused(path)
      const entries = readTextTrail(trail)
      return (session) => {
        insertEntries(session, 0, entries)
      }
    })
    run(path, vaultFormat, () => {
      const { revision, data } = readTextSnapshot(path)
      const epoch = readTextEpoch(path)
      return (session) => {
        session.setCell('document', revision, data)
        session.setCell('lease', epoch, '0 0')
      }
    })
  }
  if (clientKeys !== undefined) {
    const path = resolve(clientKeys)
    run(path, clientKeyFormat, () => {
      const { position, pepper, keys } = readTextClientKeys(path)
      return (session) => {
        for (const key of keys) putClientKey(session, key)
        forgetChanges(session, position)
        session.setCell('pepper', 0, pepper)
      }
    })
  }
  return migrated
}
