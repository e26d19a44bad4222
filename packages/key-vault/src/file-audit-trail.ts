import { randomUUID } from 'node:crypto'
import { constants, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AlfredError } from '@alfred/core'
import { hasErrorCode, requirePrivate, syncDirectory } from './private-file.ts'
import type { AuditPage } from './vault-store.ts'

/** The audit trail of a file store. */
export interface FileAuditTrail {
  append(expected: number, entries: readonly string[]): Promise<boolean>
  read(from: number, limit: number): Promise<AuditPage>
}

/** One line: the entry's number, who wrote it, how many bytes it has, and the entry. */
const linePattern = /^(\d{1,15}) ([0-9a-f-]{36}) (\d{1,9}) (.*)$/s

interface Line {
  readonly number: number
  readonly writer: string
  readonly entry: string
}

/** `undefined` for what a writer left that was killed or ran out of space in the middle of its line. */
function parseLine(line: string): Line | undefined {
  const [, number, writer, bytes, entry] = linePattern.exec(line) ?? []
  if (writer === undefined || entry === undefined || Buffer.byteLength(entry) !== Number(bytes))
    return undefined
  return { number: Number(number), writer, entry }
}

/** The lines that count: of several with one number the first. */
function* accepted(lines: Iterable<string>, from: number): Generator<Line> {
  let next = from
  for (const line of lines) {
    const parsed = parseLine(line)
    if (parsed?.number !== next) continue
    next += 1
    yield parsed
  }
}

/**
 * A trail in one file of mode 0600 that is only ever appended to, by one write for each call. Who comes first
 * in the file wins: a line whose number was there before is passed over. So no lock is needed that a crash
 * could leave behind, and a torn line harms nobody.
 */
export function createFileAuditTrail(path: string): FileAuditTrail {
  /** How far the file was read: everything before `offset` is `length` entries. */
  let known = { offset: 0, length: 0 }

  const readFrom = async (offset: number): Promise<Buffer> => {
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        const found = await file.stat()
        requirePrivate(path, found)
        if (found.size < offset) throw new AlfredError('ALFRED_VAULT_TAMPERED', `${path} was cut short.`)
        const bytes = Buffer.alloc(found.size - offset)
        let filled = 0
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return bytes.subarray(0, filled)
      } finally {
        await file.close()
      }
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT') && offset === 0) return Buffer.alloc(0)
      throw error
    }
  }

  /** What came since the last look, up to the last whole line. */
  const readOn = async (): Promise<{ readonly lines: readonly Line[]; readonly length: number }> => {
    const { offset, length } = known
    const bytes = await readFrom(offset)
    const whole = bytes.lastIndexOf(0x0a) + 1
    const lines = [...accepted(bytes.toString('utf8', 0, whole).split('\n'), length)]
    if (offset === known.offset) known = { offset: offset + whole, length: length + lines.length }
    return { lines, length: length + lines.length }
  }

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
      const { lines: seen } = await readOn()
      return entries.length === 0 || seen.some((line) => line.number === expected && line.writer === writer)
    },
    async read(from, limit) {
      const lines = (await readFrom(0)).toString('utf8').split('\n')
      const entries: string[] = []
      let length = 0
      for (const { number, entry } of accepted(lines, 0)) {
        length += 1
        if (number >= from && entries.length < limit) entries.push(entry)
      }
      return { length, entries }
    },
  }
}
