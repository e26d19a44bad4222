import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@alfred/core'
import { runner } from 'node-pg-migrate'
import type { Client } from 'pg'
import type { DatabaseDriver } from './database-driver.ts'

/** Where the SQL of the schema is, and how long a migration waits; times in ms. */
export interface MigrateOptions {
  /** Holds the folders `migrations` and `database`. */
  readonly folder: string
  readonly logger: Logger
  /** How long one statement waits for a lock on a table, while all other statements wait behind it. @default 5_000 */
  readonly lockTimeoutMs?: number | undefined
  /** How long to wait for another one that migrates. @default 300_000 */
  readonly turnTimeoutMs?: number | undefined
}

/** One at a time changes a schema. The number is "alfr" in ASCII. */
const turnLock = 0x616c6672

/** The folder of the migrations in `folder`. */
export const migrationsIn = (folder: string): string => join(folder, 'migrations')

/**
 * Brings the schema up to date in one transaction, which is rolled back when a step fails. Those who begin together wait for each
 * other.
 *
 * @returns the names of the migrations that ran
 */
export async function migrateDatabase(
  driver: DatabaseDriver,
  { folder, logger, lockTimeoutMs = 5000, turnTimeoutMs = 300_000 }: MigrateOptions,
): Promise<readonly string[]> {
  const client = driver.createClient()
  // Without a listener a connection that breaks between two statements would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`SET lock_timeout = ${String(turnTimeoutMs)}`)
    await client.query(`SELECT pg_advisory_lock(${String(turnLock)})`)
    // A change that waits behind a long statement stops everybody behind itself, so it gives up soon.
    await client.query(`SET lock_timeout = ${String(lockTimeoutMs)}`)
    const names = await runMigrations(client, migrationsIn(folder), logger)
    for (const schema of driver.schemas) await client.query(schema)
    await client.query(await readFile(join(folder, 'database/grants.sql'), 'utf8'))
    return names
  } finally {
    // The lock ends with the connection.
    await client.end()
  }
}

async function runMigrations(client: Client, dir: string, logger: Logger): Promise<readonly string[]> {
  const say = (level: 'debug' | 'warn') => (message: string) => {
    logger[level]({ from: 'node-pg-migrate' }, message)
  }
  const done = await runner({
    dbClient: client,
    dir,
    direction: 'up',
    migrationsTable: 'migrations',
    singleTransaction: true,
    noLock: true,
    // It prints the SQL of every step as information, and every error is thrown as well.
    logger: { info: say('debug'), warn: say('warn'), error: say('debug') },
  })
  return done.map(({ name }) => name)
}
