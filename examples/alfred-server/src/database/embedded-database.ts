import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Client } from 'pg'
import type { DatabaseDriver } from './database-driver.ts'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Thrown when another process uses the data folder: two PGlites on one folder destroy it. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError'
}

/**
 * Marks `folder` as ours.
 *
 * @returns a function that gives it back
 * @throws {@link DataFolderInUseError}
 */
function claimFolder(folder: string): () => void {
  const file = `${folder}.pid`
  const mark = `${String(process.pid)}\n`
  try {
    writeFileSync(file, mark, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    const owner = Number(readFileSync(file, 'utf8'))
    // Our own number is left over from a crash: containers start with the same one every time.
    if (owner !== process.pid && owner > 0 && isAlive(owner)) {
      throw new DataFolderInUseError(`${folder} is in use by process ${String(owner)}`)
    }
    writeFileSync(file, mark, { mode: 0o600 })
  }
  return () => {
    rmSync(file, { force: true })
  }
}

/** PostgreSQL inside this process, its data in `folder`. */
export function openEmbeddedDatabase(folder: string): DatabaseDriver {
  let engine: { readonly lite: PGlite; readonly release: () => void } | undefined

  /** node-postgres over PGlite. Each client needs a connection of its own, which the pool's options cannot give. */
  class EmbeddedClient extends Client {
    constructor() {
      if (!engine) throw new Error('the embedded database is not open')
      super(createPgConfig(engine.lite))
    }
  }

  return {
    kind: 'PGlite',
    description: `PGlite in ${folder}`,
    // PGlite has one session, and nothing is gained by giving it back.
    pool: { Client: EmbeddedClient, max: 1, idleTimeoutMillis: 0 },
    createClient: () => new EmbeddedClient(),
    schemas: [],
    async open() {
      if (engine) return
      await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
      const release = claimFolder(folder)
      try {
        const lite = await PGlite.create(folder)
        engine = { lite, release }
      } catch (error) {
        release()
        throw error
      }
    },
    async close() {
      await engine?.lite.close()
      engine?.release()
    },
  }
}
