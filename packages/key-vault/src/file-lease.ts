import { randomUUID } from 'node:crypto'
import { link, readdir, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasErrorCode, writePrivateFile } from './private-file.ts'
import type { StoreLease } from './vault-store.ts'

/** The lease of a file store. */
export interface FileLease {
  /** The epoch of the latest lease that was given out, 0 before the first. */
  latestEpoch(): Promise<number>
  acquire(ttlMs: number): Promise<StoreLease | undefined>
}

const secondsAt = (ms: number): number => ms / 1000

/**
 * The lease number `n` is the file `<path>.l<n>`, made by an exclusive hard link, and it is held until the
 * file's time of modification. Only the latest is kept.
 *
 * @param temporaryPath - gives the name of a file of nobody else's
 */
export function createFileLease(path: string, temporaryPath: () => string): FileLease {
  const directory = dirname(path)
  const prefix = `${basename(path)}.l`
  const fileOf = (epoch: number): string => join(directory, prefix + String(epoch))

  const epochs = async (): Promise<number[]> => {
    const names = await readdir(directory)
    return names
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .filter(Number.isSafeInteger)
  }
  const latestEpoch = async (): Promise<number> => Math.max(0, ...(await epochs()))

  const heldUntil = async (epoch: number): Promise<number> =>
    stat(fileOf(epoch)).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => {
        // Given to another and swept since it was listed.
        if (hasErrorCode(error, 'ENOENT')) return Infinity
        throw error
      },
    )

  const holdUntil = async (epoch: number, until: number): Promise<boolean> => {
    if ((await latestEpoch()) !== epoch) return false
    await utimes(fileOf(epoch), secondsAt(until), secondsAt(until))
    return true
  }

  return {
    latestEpoch,
    async acquire(ttlMs) {
      const before = await latestEpoch()
      if (before > 0 && (await heldUntil(before)) > Date.now()) return undefined
      const epoch = before + 1
      const temporary = temporaryPath()
      try {
        await writePrivateFile(temporary, randomUUID())
        const until = secondsAt(Date.now() + ttlMs)
        await utimes(temporary, until, until)
        await link(temporary, fileOf(epoch))
      } catch (error) {
        if (hasErrorCode(error, 'EEXIST')) return undefined
        throw error
      } finally {
        await rm(temporary, { force: true })
      }
      const known = await epochs()
      if (known.some((other) => other > epoch)) {
        // Stopped since the first look, for so long that this number was given out and swept.
        await rm(fileOf(epoch), { force: true })
        return undefined
      }
      for (const other of known) if (other < epoch) await rm(fileOf(other), { force: true })
      return {
        epoch,
        renew: (forMs) => holdUntil(epoch, Date.now() + forMs),
        async release() {
          await holdUntil(epoch, 0)
        },
      }
    },
  }
}
