import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { hasErrorCode } from '../../key-encryption/private-file.ts'

/** The journal's first bytes, of the file format of SQLite: https://sqlite.org/fileformat2.html#the_rollback_journal */
const magic = 0xd9d505f9
const headerBytes = 28
/** Where the header of a database has its counter of changes. */
const counterAt = 24

function readJournal(path: string): Buffer | undefined {
  try {
    return readFileSync(`${path}-journal`)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function readCounter(path: string): number {
  const start = Buffer.alloc(headerBytes)
  const file = openSync(path, 'r')
  try {
    readSync(file, start, 0, headerBytes, 0)
  } finally {
    closeSync(file)
  }
  return start.readUInt32BE(counterAt)
}

/** The counter that page 1 had before the transaction; `undefined` when the journal does not have the page yet. */
function counterBefore(journal: Buffer): number | undefined {
  if (journal.length < headerBytes || journal.readUInt32BE(0) !== magic) return undefined
  const records = journal.readUInt32BE(8)
  const sectorBytes = journal.readUInt32BE(20)
  const pageBytes = journal.readUInt32BE(24)
  const recordBytes = 4 + pageBytes + 4
  for (
    let index = 0, offset = sectorBytes;
    index < records && offset + recordBytes <= journal.length;
    index++, offset += recordBytes
  ) {
    if (journal.readUInt32BE(offset) === 1) return journal.readUInt32BE(offset + 4 + counterAt)
  }
  return undefined
}

/**
 * Whether a journal that was left belongs to this file. Rolled back into another one, such as a backup that was put in its
 * place, it would destroy it. Every transaction writes page 1, whose counter it raises by one.
 *
 * A process that writes meanwhile may make it answer false: ask again.
 */
export function ownsJournal(path: string): boolean {
  const journal = readJournal(path)
  const before = journal && counterBefore(journal)
  if (before === undefined) return true
  const ahead = readCounter(path) - before
  return ahead === 0 || ahead === 1
}
