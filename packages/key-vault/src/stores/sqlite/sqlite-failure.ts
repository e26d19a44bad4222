import { closeSync, openSync, readSync } from 'node:fs'
import { AlfredError, isAlfredError } from '@alfred/core'
import type { SqliteFormat } from './sqlite-format.ts'

/** The primary result codes of SQLite that are told apart: https://sqlite.org/rescode.html */
const result = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  damaged: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  // The extended code says more in its upper bits.
  return Number(error.errcode) & 0xff
}

/** Whether another connection holds a lock that is needed. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === result.busy || code === result.locked
}

/** Whether an error says that a file cannot be read as it is, whoever waits. */
export const isUnusableFile = (error: unknown): boolean =>
  isAlfredError(error, 'ALFRED_VAULT_TAMPERED', 'ALFRED_VAULT_FOREIGN_JOURNAL', 'ALFRED_VAULT_OLD_FORMAT')

function startsAsText(path: string, { isTextFormat }: SqliteFormat): boolean {
  const start = Buffer.alloc(64)
  const file = openSync(path, 'r')
  try {
    readSync(file, start, 0, start.length, 0)
  } finally {
    closeSync(file)
  }
  return isTextFormat(start.toString('latin1'))
}

/** The error for a file that was written before files were SQLite files. */
export const textFormatError = (path: string, { migrate }: SqliteFormat): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_OLD_FORMAT',
    `${path} has the text format of earlier versions. Stop every process that uses it, then run: ${migrate} --store FILE`,
    { path },
  )

/** The error for a file that holds something else, or is damaged. */
export const damagedFile = (path: string, { name }: SqliteFormat, cause?: unknown): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_TAMPERED',
    `${path} is not ${name}, or is damaged. Restore a backup: alfred-security keys restore`,
    { target: 'file', path },
    { cause },
  )

const reasons: Readonly<Partial<Record<number, string>>> = {
  [result.readOnly]: 'cannot be written: the file or its folder is read-only',
  [result.full]: 'cannot be written: the disk is full',
  [result.cannotOpen]:
    'cannot be opened, or its journal cannot be made: check the folder and its permissions',
}

/** Makes an `AlfredError` of what SQLite or the file system threw. */
export function sqliteFailure(path: string, format: SqliteFormat, error: unknown): AlfredError {
  if (isAlfredError(error)) return error
  const code = resultCode(error)
  // Before the damage: a text is no database either.
  if (code === result.notADatabase && startsAsText(path, format)) return textFormatError(path, format)
  if (code === result.damaged || code === result.notADatabase) return damagedFile(path, format, error)
  // An integer that no column of ours can hold.
  if (error instanceof RangeError) return damagedFile(path, format, error)
  const reason = code === undefined ? undefined : reasons[code]
  return new AlfredError(
    'ALFRED_STORE_UNAVAILABLE',
    `${path} ${reason ?? 'cannot be used'}.`,
    { store: 'file', path },
    { cause: error },
  )
}
