import { randomUUID } from 'node:crypto'
import { chownSync, closeSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { hasErrorCode } from '../../key-encryption/private-file.ts'
import { formatVersion, type SqliteFormat } from './sqlite-format.ts'
import { configureSqlite, connectSqlite } from './sqlite-session.ts'

/** Makes an empty file of mode 0600: SQLite would make one that its group may read. Root makes it for the folder's owner. */
export function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}

/** Waits until a file is on the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Waits until the names in a folder are on the disk. Windows offers no such call. */
export function syncFolder(path: string): void {
  if (process.platform !== 'win32') syncFile(path)
}

/** Makes the tables of a format and its cells in a new file, and whatever `fill` adds, in one transaction. */
export function initialiseSqliteFile(
  path: string,
  { applicationId, tables, cells }: SqliteFormat,
  fill?: (session: ReturnType<typeof connectSqlite>) => void,
): void {
  const session = connectSqlite(path)
  try {
    configureSqlite(session.database)
    session.database.exec(
      `BEGIN EXCLUSIVE; PRAGMA application_id = ${String(applicationId)};
       PRAGMA user_version = ${String(formatVersion)}; ${tables.join(';')}`,
    )
    for (const [name, { number, text }] of Object.entries(cells)) session.setCell(name, number, text)
    fill?.(session)
    session.database.exec('COMMIT')
  } finally {
    session.database.close()
  }
}

/**
 * Makes the file of a store, unless another process was faster. It is whole before it has its name: to SQLite a file of
 * 0 bytes is an empty database, so a writer that was killed in the middle would leave what looks like a new vault.
 */
export function createSqliteFile(path: string, format: SqliteFormat): void {
  const temporary = `${path}.new-${randomUUID()}`
  try {
    createPrivateFile(temporary)
    initialiseSqliteFile(temporary, format)
    linkSync(temporary, path)
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(temporary, { force: true })
    rmSync(`${temporary}-journal`, { force: true })
  }
  syncFolder(dirname(path))
}
