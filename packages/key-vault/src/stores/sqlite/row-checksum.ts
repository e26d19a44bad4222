import { crc32 } from 'node:zlib'
import { AlfredError } from '@alfred/core'

/** What a column of our tables may hold. */
export type ColumnValue = string | number | null

/**
 * The CRC-32 of a row. SQLite checks the structure of its pages, not what is in them: a flipped bit in a text would be
 * read as another text. A CRC-32 differs for every change within 32 consecutive bits.
 */
export function rowChecksum(...values: readonly ColumnValue[]): number {
  let checksum = 0
  for (const value of values) {
    checksum = crc32(value === null ? 'null' : `${typeof value} `, checksum)
    if (value !== null) checksum = crc32(String(value), checksum)
    checksum = crc32('\0', checksum)
  }
  return checksum
}

/** @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
export const damagedRow = (what: string, cause?: unknown): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_TAMPERED',
    `${what} is damaged. Restore a backup: alfred-security keys restore`,
    { target: 'file' },
    { cause },
  )
