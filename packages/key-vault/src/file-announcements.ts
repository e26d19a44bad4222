import { createHash } from 'node:crypto'
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasErrorCode, readPrivateFile, writePrivateFile } from './private-file.ts'

/** The notes of a file store: `<path>.i-<instance>`, each good until its time of modification. */
export interface FileAnnouncements {
  announce(instance: string, note: string, ttlMs: number): Promise<void>
  read(): Promise<readonly string[]>
}

/** @param temporaryPath - gives the name of a file of nobody else's */
export function createFileAnnouncements(path: string, temporaryPath: () => string): FileAnnouncements {
  const directory = dirname(path)
  const prefix = `${basename(path)}.i-`
  // Hashed, so that any name fits into a directory.
  const fileOf = (instance: string): string =>
    join(directory, prefix + createHash('sha256').update(instance).digest('hex').slice(0, 32))

  return {
    async announce(instance, note, ttlMs) {
      const temporary = temporaryPath()
      try {
        await writePrivateFile(temporary, note)
        const until = (Date.now() + ttlMs) / 1000
        await utimes(temporary, until, until)
        await rename(temporary, fileOf(instance))
      } finally {
        await rm(temporary, { force: true })
      }
    },
    async read() {
      const notes: string[] = []
      for (const name of await readdir(directory)) {
        if (!name.startsWith(prefix)) continue
        const file = join(directory, name)
        try {
          if ((await stat(file)).mtimeMs <= Date.now()) await rm(file, { force: true })
          else notes.push((await readPrivateFile(file)) ?? '')
        } catch (error) {
          if (!hasErrorCode(error, 'ENOENT')) throw error
        }
      }
      return notes.filter((note) => note !== '')
    },
  }
}
