import type * as Sqlite from 'node:sqlite'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { AlfredError } from '@alfred/core'
import { damagedRow, rowChecksum } from './row-checksum.ts'
import type { CellValue } from './sqlite-format.ts'

/** A row, by the names of its columns. */
export type SqliteRow = Readonly<Record<string, unknown>>

/** Runs prepared statements of one connection. */
export interface SqliteSession {
  get(text: string, ...values: SQLInputValue[]): SqliteRow | undefined
  all(text: string, ...values: SQLInputValue[]): SqliteRow[]
  /** @returns how many rows changed */
  run(text: string, ...values: SQLInputValue[]): number
  /** @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when it is missing or its checksum is wrong */
  cell(name: string): CellValue
  setCell(name: string, number: number, text: string | null): void
}

/** A connection that its opener closes. */
export interface SqliteConnection extends SqliteSession {
  readonly database: DatabaseSync
}

/** Reads a text column of a row. @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
export function textIn(row: SqliteRow, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw damagedRow(`The column ${column}`)
}

/** Reads an integer column of a row. @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
export function integerIn(row: SqliteRow, column: string): number {
  const value = row[column]
  if (typeof value === 'number') return value
  throw damagedRow(`The column ${column}`)
}

/** Node may be built without SQLite, which its types do not say. */
const loadSqlite = (): typeof Sqlite | undefined => process.getBuiltinModule('node:sqlite')

/**
 * Opens a connection. Locks are not waited for here: SQLite would hold up the event loop meanwhile.
 *
 * `node:sqlite` is loaded here and not imported: bundlers turn that import into one of `sqlite`, and Node 22 prints a
 * warning when it is loaded, which users of other stores need not see.
 *
 * @throws `AlfredError` `ALFRED_STORE_UNAVAILABLE` when this Node has no `node:sqlite`
 */
export function connectSqlite(path: string): SqliteConnection {
  const sqlite = loadSqlite()
  if (!sqlite) {
    throw new AlfredError(
      'ALFRED_STORE_UNAVAILABLE',
      'This Node has no node:sqlite. Use an official build of Node.',
      { store: 'file', path },
    )
  }
  const database = new sqlite.DatabaseSync(path, { timeout: 0, allowExtension: false })
  const statements = new Map<string, StatementSync>()
  const prepared = (text: string): StatementSync => {
    let statement = statements.get(text)
    if (!statement) statements.set(text, (statement = database.prepare(text)))
    return statement
  }
  const session: SqliteSession = {
    get: (text, ...values) => prepared(text).get(...values),
    all: (text, ...values) => prepared(text).all(...values),
    run: (text, ...values) => Number(prepared(text).run(...values).changes),
    cell(name) {
      const row = session.get('SELECT number, text, checksum FROM cells WHERE name = ?', name)
      if (!row) throw damagedRow(`The cell ${name}`)
      const number = integerIn(row, 'number')
      const text = row['text'] === null ? null : textIn(row, 'text')
      if (row['checksum'] !== rowChecksum(name, number, text)) throw damagedRow(`The cell ${name}`)
      return { number, text }
    },
    setCell(name, number, text) {
      session.run(
        'INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?)',
        name,
        number,
        text,
        rowChecksum(name, number, text),
      )
    },
  }
  return { database, ...session }
}

/**
 * Sets what is not kept in the file. With a rollback journal `EXTRA` also syncs the folder after the journal is removed:
 * without that a power cut may roll back an acknowledged write. Without spills page 1 is in every journal that is synced,
 * which `ownsJournal` relies on.
 */
export function configureSqlite(database: DatabaseSync): void {
  database.exec(
    `PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF;
     PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON; PRAGMA cache_spill = OFF`,
  )
}
