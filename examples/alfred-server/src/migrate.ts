/** Brings the database up to date: `pnpm migrate`. Exits with 0 when it is, else with 1. */
import './settings/load-env-file.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { isAlfredError, noopLogger } from '@alfred/core'
import { type DatabaseDriver } from './database/database-driver.ts'
import { migrateDatabase } from './database/migrate.ts'
import { openPostgresDatabase } from './database/postgres-database.ts'
import { projectFolder } from './project-folder.ts'
import { readSettings } from './settings/settings.ts'

/** PostgreSQL's code for a lock that was not had in time (appendix A). */
const lockNotAvailable = '55P03'

const attempts = 5
const pauseMs = 2000

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Tries again behind a long statement, so that others get their turn in between. */
async function migratePatiently(driver: DatabaseDriver): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateDatabase(driver, { folder: projectFolder, logger: noopLogger })
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable || attempt === attempts) throw error
      console.log(`A table is in use. Attempt ${String(attempt)} of ${String(attempts)} was given up.`)
      await wait(pauseMs)
    }
  }
}

async function main(): Promise<string> {
  const { postgres } = readSettings(process.env)
  if (!postgres) return 'No PostgreSQL is named. The embedded database is migrated when Alfred starts.'
  const driver = openPostgresDatabase(postgres)
  const names = await migratePatiently(driver)
  return names.length === 0
    ? `${driver.description} is up to date.`
    : `${driver.description} was migrated: ${names.join(', ')}.`
}

try {
  console.log(await main())
} catch (error) {
  const isConfig = isAlfredError(error)
  const reason = error instanceof Error ? error.message : String(error)
  console.error(isConfig ? reason : `The database was not migrated: ${reason}`)
  process.exitCode = 1
}
