import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
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
    `${path} is open to others than its owner. Run: chmod 600 ${path}`,
  )
}

/** Runs `use` on a file that is closed afterwards. */
async function withFile<T>(path: string, flags: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/**
 * Runs `use` on a file that only its owner may read; a symbolic link is not followed.
 *
 * @returns `undefined` when there is none
 */
async function usePrivateFile<T>(
  path: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW, async (file) => {
      requirePrivate(path, await file.stat())
      return use(file)
    })
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Reads a file as `usePrivateFile` does. Decoded in one piece, which is several times as fast as chunk by chunk. */
export const readPrivateFile = (path: string): Promise<string | undefined> =>
  usePrivateFile(path, async (file) => (await file.readFile()).toString('utf8'))

/** Reads no more than the first `length` bytes of a file, which are ASCII. */
export const readPrivateStart = (path: string, length: number): Promise<string | undefined> =>
  usePrivateFile(path, async (file) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.toString('latin1', 0, bytesRead)
  })

/** Writes a new file for its owner alone and waits until its bytes are on the disk. Rejects when it exists. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await withFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, async (file) => {
    await file.writeFile(text)
    await file.sync()
  })
}

/** Waits until the names in a directory are on the disk. Windows offers no such call. */
export async function syncDirectory(path: string): Promise<void> {
  if (windows) return
  await withFile(path, constants.O_RDONLY, (directory) => directory.sync())
}
