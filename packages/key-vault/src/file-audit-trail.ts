import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AlfredError } from '@alfred/core'
import { type AuditLine, createAuditLineReader } from './audit/audit-line-reader.ts'
import { hasErrorCode, requirePrivate, syncDirectory } from './private-file.ts'
import type { AuditPage } from './vault-store.ts'

/** The audit trail of a file store. */
export interface FileAuditTrail {
  append(expected: number, entries: readonly string[]): Promise<boolean>
  read(from: number, limit: number): Promise<AuditPage>
}

/** A place between two lines: everything before `offset` is `number` entries. */
interface Place {
  readonly offset: number
  readonly number: number
}

const start: Place = { offset: 0, number: 0 }
const chunkBytes = 1 << 18

/**
 * A trail in one file of mode 0600 that is only ever appended to, by one write for each call. Who comes first
 * in the file wins: a line whose number was there before is passed over. So no lock is needed that a crash
 * could leave behind, and a torn line harms nobody.
 */
export function createFileAuditTrail(path: string): FileAuditTrail {
  /** How far the file was counted. */
  let end = start
  /** Where the last page ended: pages that are read one after the other are one pass through the file. */
  let pageEnd = start
  /** Which file the places are in. */
  let inode = 0

  /** Runs `use` on the file, or `absent` when there is none. */
  const reading = async <T>(
    use: (file: FileHandle, found: Stats) => Promise<T>,
    absent: (error: unknown) => T,
  ): Promise<T> => {
    let file: FileHandle
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return absent(error)
      throw error
    }
    try {
      const found = await file.stat()
      requirePrivate(path, found)
      // In another file nothing is where it was.
      if (found.ino !== inode) end = pageEnd = start
      inode = found.ino
      return await use(file, found)
    } finally {
      await file.close()
    }
  }

  /**
   * Calls `take` for every entry behind `place`, as far as the lines are whole.
   *
   * @param take - says whether to go on
   * @returns where it stopped
   */
  const scan = async (file: FileHandle, place: Place, take: (line: AuditLine) => boolean): Promise<Place> => {
    const reader = createAuditLineReader(place.number, take)
    let { offset } = place
    const left = (await file.stat()).size - offset
    if (left <= 0) return place
    let buffer = Buffer.allocUnsafe(Math.min(left, chunkBytes))
    let filled = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled)
      if (bytesRead === 0) return { offset, number: reader.next() }
      filled += bytesRead
      const { consumed, stopped } = reader.read(buffer, filled)
      offset += consumed
      if (stopped) return { offset, number: reader.next() }
      buffer.copyWithin(0, consumed, filled)
      filled -= consumed
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    }
  }

  /** Counts what came since the last look, up to the last whole line. */
  const countOn = async (file: FileHandle, take: (line: AuditLine) => void): Promise<number> => {
    const from = end
    const reached = await scan(file, from, (line) => {
      take(line)
      return true
    })
    if (from === end) end = reached
    return reached.number
  }

  /** How many entries there are, and who wrote those that are new. */
  const readOn = (): Promise<{ readonly writers: ReadonlyMap<number, string>; readonly length: number }> =>
    reading(
      async (file, { size }) => {
        if (size < end.offset) throw new AlfredError('ALFRED_VAULT_TAMPERED', `${path} was cut short.`)
        const writers = new Map<number, string>()
        const length = await countOn(file, ({ number, writer }) => writers.set(number, writer()))
        return { writers, length }
      },
      (error) => {
        if (end.offset > 0) throw error
        return { writers: new Map(), length: 0 }
      },
    )

  return {
    async append(expected, entries) {
      if ((await readOn()).length !== expected) return false
      const writer = randomUUID()
      const lines = entries.map(
        (entry, index) =>
          `${String(expected + index)} ${writer} ${String(Buffer.byteLength(entry))} ${entry}\n`,
      )
      const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
      const file = await open(path, flags, 0o600)
      try {
        requirePrivate(path, await file.stat())
        // The first line end closes a line that a writer left unfinished.
        await file.appendFile(`\n${lines.join('')}`)
        await file.sync()
      } finally {
        await file.close()
      }
      if (expected === 0) await syncDirectory(dirname(path))
      const { writers } = await readOn()
      return entries.length === 0 || writers.get(expected) === writer
    },
    read: (from, limit) =>
      reading(
        async (file, { size, ino }) => {
          // It was cut: what is left is told as it is. Whoever knows how long it was notices.
          if (size < end.offset) end = pageEnd = start
          const entries: string[] = []
          if (limit > 0) {
            const [place = start] = [end, pageEnd].filter(({ number }) => number <= from)
            const reached = await scan(file, place, ({ number, entry }) => {
              if (number >= from) entries.push(entry())
              return entries.length < limit
            })
            if (ino === inode) {
              pageEnd = reached
              if (reached.number > end.number) end = reached
            }
          }
          return { length: await countOn(file, () => undefined), entries }
        },
        () => ({ length: 0, entries: [] }),
      ),
  }
}
