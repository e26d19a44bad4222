import type { Stats } from 'node:fs'
import { AlfredError } from '@alfred/core'

const windows = process.platform === 'win32'

/** Whether `error` is a system error with this code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/**
 * Refuses a file that its group or everybody may read or write. Windows has no such bits.
 *
 * @throws `AlfredError` `ALFRED_VAULT_LOOSE_PERMISSIONS`
 */
export function requirePrivate(path: string, { mode }: Stats): void {
  if (windows || (mode & 0o077) === 0) return
  throw new AlfredError(
    'ALFRED_VAULT_LOOSE_PERMISSIONS',
    `${path} can be read by users other than its owner. Run: chmod 600 ${path}`,
    { path, mode: mode & 0o777, maxMode: 0o600 },
  )
}

/**
 * Refuses a folder in which everybody may replace files. The sticky bit, as of `/tmp`, forbids that.
 *
 * @throws `AlfredError` `ALFRED_VAULT_LOOSE_PERMISSIONS`
 */
export function requirePrivateFolder(path: string, { mode }: Stats): void {
  if (windows || (mode & 0o1002) !== 0o0002) return
  throw new AlfredError(
    'ALFRED_VAULT_LOOSE_PERMISSIONS',
    `Every user can replace files in ${path}. Run: chmod 700 ${path}`,
    { path, mode: mode & 0o1777, maxMode: 0o700 },
  )
}
