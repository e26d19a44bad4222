import { damagedRow, rowChecksum } from '../sqlite/row-checksum.ts'
import { openSqliteFile } from '../sqlite/sqlite-file.ts'
import { trailFormat } from '../sqlite/sqlite-format.ts'
import { type SqliteRow, type SqliteSession, textIn } from '../sqlite/sqlite-session.ts'
import type { AuditPage } from '../vault-store.ts'

/** The audit trail of a file store. */
export interface FileAuditTrail {
  append(expected: number, entries: readonly string[]): Promise<boolean>
  read(from: number, limit: number): Promise<AuditPage>
}

/** Adds entries behind the others. */
export function insertEntries(session: SqliteSession, from: number, entries: readonly string[]): void {
  entries.forEach((entry, index) => {
    const number = from + index
    session.run('INSERT INTO entries VALUES (?, ?, ?)', number, entry, rowChecksum(number, entry))
  })
  session.setCell('length', from + entries.length, null)
}

function entryIn(path: string, number: number, row: SqliteRow | undefined): string {
  const entry = row && textIn(row, 'entry')
  if (entry !== undefined && row?.['number'] === number && row['checksum'] === rowChecksum(number, entry)) {
    return entry
  }
  throw damagedRow(`Entry ${String(number)} of ${path}`)
}

/** Opens a trail in a SQLite file of its own: put back together with the document, it could not show that it is older. */
export function createFileAuditTrail(path: string, lockTimeoutMs: number): FileAuditTrail {
  const file = openSqliteFile({ path, format: trailFormat, lockTimeoutMs })
  return {
    append: (expected, entries) =>
      file.write((session) => {
        if (session.cell('length').number !== expected) return false
        insertEntries(session, expected, entries)
        return true
      }),
    async read(from, limit) {
      const page = await file.read((session) => {
        const length = session.cell('length').number
        const end = Math.min(length, from + limit)
        const rows = session.all(
          'SELECT number, entry, checksum FROM entries WHERE number >= ? AND number < ? ORDER BY number',
          from,
          end,
        )
        const numbers = Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index)
        return { length, entries: numbers.map((number, index) => entryIn(path, number, rows[index])) }
      })
      return page ?? { length: 0, entries: [] }
    },
  }
}
