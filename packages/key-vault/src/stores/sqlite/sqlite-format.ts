/** What a kind of SQLite file holds, and by what it is recognised. */
export interface SqliteFormat {
  /** Completes "is not …" in messages, such as `a vault file`. */
  readonly name: string
  /** Stands in the file's header, so that no file is taken for one of another kind. */
  readonly applicationId: number
  /** The statements that make its tables, as SQLite keeps their text. */
  readonly tables: readonly string[]
  /** Single values and their first state. */
  readonly cells: Readonly<Record<string, CellValue>>
  /** Recognises a file of the format before SQLite by its first bytes, if there was one. */
  readonly isTextFormat: (start: string) => boolean
  /** The command that brings such a file into this format. */
  readonly migrate: string
}

/** A single value of a file: a number and a text. */
export interface CellValue {
  readonly number: number
  readonly text: string | null
}

/** Counts the layouts of all kinds of files. */
export const formatVersion = 1

/** Every kind of file has this table. A cell is there from the beginning, so that a missing one is damage. */
export const cellTable =
  'CREATE TABLE cells (name TEXT PRIMARY KEY, number INTEGER NOT NULL, text TEXT, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID'

const ascii = (text: string): number => Buffer.from(text, 'ascii').readUInt32BE()
const textVault = (start: string): boolean => start.startsWith('alfred-vault ')

/** The file of a vault: its document, the lease of the process that rotates, and the notes of instances. */
export const vaultFormat: SqliteFormat = {
  name: 'a vault file',
  applicationId: ascii('AlfV'),
  tables: [cellTable],
  cells: {
    document: { number: 0, text: null },
    lease: { number: 0, text: '0 0' },
    notes: { number: 0, text: '[]' },
  },
  isTextFormat: textVault,
  migrate: 'alfred-security keys migrate',
}

/** The file of an audit trail. */
export const trailFormat: SqliteFormat = {
  name: 'an audit trail',
  applicationId: ascii('AlfT'),
  tables: [
    cellTable,
    'CREATE TABLE entries (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT',
  ],
  cells: { length: { number: 0, text: null } },
  isTextFormat: (start) => /^\n?\d+ [0-9a-f-]{36} /.test(start),
  migrate: 'alfred-security keys migrate',
}

/** The file of client keys. */
export const clientKeyFormat: SqliteFormat = {
  name: 'a file of client keys',
  applicationId: ascii('AlfC'),
  tables: [
    cellTable,
    'CREATE TABLE client_keys (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, data TEXT NOT NULL, last_used_at INTEGER, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    'CREATE TABLE changes (position INTEGER PRIMARY KEY, id TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT',
    // A second way to every id: a damaged page hides a key from one of them alone.
    'CREATE INDEX client_keys_backward ON client_keys (id DESC)',
  ],
  cells: { pepper: { number: 0, text: null }, position: { number: 0, text: null } },
  isTextFormat: textVault,
  migrate: 'alfred-security client-keys migrate',
}
