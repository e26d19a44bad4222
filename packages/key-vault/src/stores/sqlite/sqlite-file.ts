import { lstatSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { AlfredError } from '@alfred/core'
import { requirePrivate, requirePrivateFolder } from '../../key-encryption/private-file.ts'
import { createPrivateFile, createSqliteFile, syncFile } from './create-sqlite-file.ts'
import { ownsJournal } from './owns-journal.ts'
import { createLockWait } from './lock-wait.ts'
import { damagedFile, sqliteFailure, textFormatError } from './sqlite-failure.ts'
import { formatVersion, type SqliteFormat } from './sqlite-format.ts'
import {
  configureSqlite,
  connectSqlite,
  type SqliteConnection,
  type SqliteSession,
} from './sqlite-session.ts'

/** A SQLite file of mode 0600, for several processes of one machine. */
export interface SqliteFile {
  readonly path: string
  readonly format: SqliteFormat
  /**
   * Runs `work`, which must not change anything, on one state of the file.
   *
   * @returns `undefined` when there is no file
   */
  read<T>(work: (session: SqliteSession) => T): Promise<T | undefined>
  /** Runs `work` while nobody else reads or writes, in one step that is durable, or not done when it throws. */
  write<T>(work: (session: SqliteSession) => T): Promise<T>
  /** Keeps other writers out, not readers, until `work` is settled. */
  hold<T>(work: () => Promise<T>): Promise<T>
  /**
   * Writes a synced copy of one state, of mode 0600, without free pages.
   *
   * @returns false when there is no file
   */
  copyTo(path: string): Promise<boolean>
}

/** Where a file is, and how long a call waits for other processes. */
export interface SqliteFileOptions {
  readonly path: string
  readonly format: SqliteFormat
  /** In milliseconds. */
  readonly lockTimeoutMs: number
}

const maxCreations = 10

const foreignJournal = (path: string): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_FOREIGN_JOURNAL',
    `${path}-journal belongs to another state of ${path}. If you copied a backup here by hand, remove the journal.`,
    { path, journalPath: `${path}-journal` },
  )

function statOf(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return undefined
  if (!found.isFile()) throw new Error('not a regular file')
  return found
}

/** The first revision in the text format may be in a claim alone. @throws `AlfredError` `ALFRED_VAULT_OLD_FORMAT` */
function requireNoClaims(path: string, format: SqliteFormat): void {
  const prefix = `${basename(path)}.r`
  const isClaim = (name: string): boolean =>
    name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))
  if (readdirSync(dirname(path)).some(isClaim)) throw textFormatError(path, format)
}

/** @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when the file is of another kind, or somebody added a trigger */
function requireFormat(session: SqliteConnection, path: string, format: SqliteFormat): void {
  const { applicationId, tables } = format
  const schema = session.all('SELECT sql FROM sqlite_schema ORDER BY rowid').map(({ sql }) => sql)
  const isSame =
    session.get('PRAGMA application_id')?.['application_id'] === applicationId &&
    session.get('PRAGMA user_version')?.['user_version'] === formatVersion &&
    schema.length === tables.length &&
    schema.every((text, index) => text === tables[index])
  if (!isSame) throw damagedFile(path, format)
}

/** Opens what is at the path now. @returns `undefined` when there is no file */
export function openSqliteFile({ path, format, lockTimeoutMs }: SqliteFileOptions): SqliteFile {
  const open = (): { readonly session: SqliteConnection; readonly found: Stats } | undefined => {
    const found = statOf(path)
    requirePrivateFolder(dirname(path), statSync(dirname(path)))
    if (!found) {
      requireNoClaims(path, format)
      return undefined
    }
    requirePrivate(path, found)
    if (found.size === 0) throw damagedFile(path, format)
    if (!ownsJournal(path)) throw foreignJournal(path)
    const session = connectSqlite(path)
    try {
      configureSqlite(session.database)
      return { session, found }
    } catch (error) {
      session.database.close()
      throw error
    }
  }

  const wait = createLockWait({ path, format, lockTimeoutMs })

  /** A connection is for one call: one that was kept reads old pages after a restore, and locks what was replaced. */
  const begin = async (statement: string): Promise<SqliteConnection | undefined> => {
    for (;;) {
      const opened = await wait.retry(open)
      if (!opened) return undefined
      const { session, found } = opened
      try {
        const isSame = await wait.retry(() => {
          session.database.exec(statement)
          try {
            // A copy was renamed over it since it was opened: what is written to it now would be lost.
            const now = statOf(path)
            if (now?.ino !== found.ino || now.dev !== found.dev) return false
            requireFormat(session, path, format)
            return true
          } catch (error) {
            session.database.exec('ROLLBACK')
            throw error
          }
        })
        if (isSame) return session
      } catch (error) {
        session.database.close()
        throw error
      }
      session.database.close()
    }
  }

  const run = async <T>(
    statement: string,
    work: (session: SqliteSession) => T,
  ): Promise<{ readonly result: T } | undefined> => {
    const session = await begin(statement)
    if (!session) return undefined
    try {
      const result = work(session)
      session.database.exec('COMMIT')
      return { result }
    } catch (error) {
      throw sqliteFailure(path, format, error)
    } finally {
      // Rolls back what was not committed.
      session.database.close()
    }
  }

  return {
    path,
    format,
    read: async (work) => (await run('BEGIN', work))?.result,
    async write(work) {
      await wait.leaveGap()
      for (let tries = 0; tries < maxCreations; tries++) {
        // Of an immediate transaction the COMMIT could still meet readers, and would have to be repeated.
        const done = await run('BEGIN EXCLUSIVE', work)
        if (done) return done.result
        await wait.retry(() => {
          createSqliteFile(path, format)
        })
      }
      throw new AlfredError('ALFRED_STORE_UNAVAILABLE', `${path} keeps being removed by another process.`, {
        store: 'file',
        path,
      })
    },
    async copyTo(target) {
      // Checks the format; a copy cannot be made within a transaction.
      if ((await run('BEGIN', () => true)) === undefined) return false
      await wait.retry(() => {
        const opened = open()
        if (!opened) throw new Error('the file was removed')
        try {
          rmSync(target, { force: true })
          // SQLite would make it readable by others.
          createPrivateFile(target)
          opened.session.run('VACUUM INTO ?', target)
        } finally {
          opened.session.database.close()
        }
        syncFile(target)
      })
      return true
    },
    async hold(work) {
      const session = await begin('BEGIN IMMEDIATE')
      try {
        return await work()
      } finally {
        session?.database.close()
      }
    },
  }
}
