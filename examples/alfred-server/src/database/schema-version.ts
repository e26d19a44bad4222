import { readdir } from 'node:fs/promises'
import type { Pool } from 'pg'

/** Thrown when the schema is older than the code. */
export class SchemaOutdatedError extends Error {
  override readonly name = 'SchemaOutdatedError'

  constructor(missing: readonly string[]) {
    const command = '"pnpm migrate", in the image "node dist/migrate.js"'
    super(`the database lacks ${missing.join(', ')}. Run ${command}.`)
  }
}

/** PostgreSQL's code for a table that does not exist (appendix A). */
const undefinedTable = '42P01'

async function appliedMigrations(pool: Pool): Promise<readonly string[]> {
  try {
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM migrations')
    return rows.map(({ name }) => name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === undefinedTable) return []
    throw error
  }
}

/**
 * Makes sure that every migration of `folder` was applied. More than those may have been: a release that is gone back to
 * runs on the schema of the one after it.
 *
 * @throws {@link SchemaOutdatedError}
 */
export async function checkSchema(pool: Pool, folder: string): Promise<void> {
  const applied = new Set(await appliedMigrations(pool))
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const missing = files.map((file) => file.replace(/\.sql$/, '')).filter((name) => !applied.has(name))
  if (missing.length > 0) throw new SchemaOutdatedError(missing)
}
