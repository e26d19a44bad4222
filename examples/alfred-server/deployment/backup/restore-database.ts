import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { BadBackupError } from './bad-backup-error.ts'
import { cleanupSignal } from './cleanup.ts'
import { compareTallies, tallyDatabase } from './database-snapshot.ts'
import type { Manifest } from './manifest.ts'
import { runProgram, startProgram } from './program.ts'
import { settleAll } from './sealed-file.ts'
import type { DatabaseAccess } from './database-access.ts'

const rolesFile = new URL('../../database/roles.sql', import.meta.url)

/** Names are ours: they need no quotes, and so none can be forgotten. */
const plainName = /^[a-z_][a-z0-9_]{0,40}$/

export function databaseName({ url }: DatabaseAccess): string {
  const name = new URL(url).pathname.slice(1)
  if (!plainName.test(name)) throw new Error(`${JSON.stringify(name)} is no plain name of a database`)
  return name
}

export function withDatabase(access: DatabaseAccess, name: string): DatabaseAccess {
  const url = new URL(access.url)
  url.pathname = `/${name}`
  return { ...access, url: url.toString() }
}

/**
 * Restores a dump into a database that must not exist yet, and compares every table with the manifest.
 *
 * @throws BadBackupError when the restored tables are others than were saved
 */
export async function restoreInto(
  access: DatabaseAccess,
  name: string,
  file: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const restored = withDatabase(access, name)
  await requireServer(access, manifest, signal)
  await runSql(withDatabase(access, 'postgres'), `CREATE DATABASE ${name} TEMPLATE template0;`, signal)
  await runSql(restored, await readFile(rolesFile, 'utf8'), signal)
  const { prefix, url } = restored
  const restore = [...prefix, 'pg_restore', '--exit-on-error', '--no-password', `--dbname=${url}`]
  const { stdin, stdout, ended } = startProgram(restore, { signal })
  stdout.resume()
  await settleAll([pipeline(createReadStream(file), stdin), ended])
  await runSql(restored, 'ANALYZE;', signal)
  const differences = compareTallies(manifest.tables, await tallyDatabase(restored, signal))
  if (differences.length > 0)
    throw new BadBackupError(`the restored database differs: ${differences.join('; ')}`)
}

/** A dump of a newer version may hold what an older server does not know. */
async function requireServer(access: DatabaseAccess, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const version = await runSql(withDatabase(access, 'postgres'), 'SHOW server_version;', signal)
  if (Number.parseInt(version, 10) >= Number.parseInt(manifest.serverVersion, 10)) return
  throw new Error(`PostgreSQL is ${version.trim()}, and the backup is of ${manifest.serverVersion}`)
}

/** How a database was replaced. */
export interface ReplacedDatabase {
  /** Where the one before is now; `undefined` when there was none. */
  readonly before: string | undefined
}

/**
 * Gives a restored database the name of the one in use, which keeps its content under another name.
 *
 * @throws Error when there is one with tables, unless `replace`
 */
export async function takeOver(
  access: DatabaseAccess,
  restored: string,
  replace: boolean,
  signal: AbortSignal,
): Promise<ReplacedDatabase> {
  const name = databaseName(access)
  const server = withDatabase(access, 'postgres')
  const exists = await runSql(server, `SELECT 1 FROM pg_database WHERE datname = '${name}';`, signal)
  if (exists.trim() === '') {
    await runSql(server, `ALTER DATABASE ${restored} RENAME TO ${name};`, signal)
    return { before: undefined }
  }
  if (!replace) await requireEmpty(access, signal)
  const before = `${name}_before_${stamp()}`
  // Both names change in one transaction: a failure leaves the old database in use.
  await runSql(
    server,
    `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = '${name}';
BEGIN;
ALTER DATABASE ${name} RENAME TO ${before};
ALTER DATABASE ${restored} RENAME TO ${name};
COMMIT;
ALTER DATABASE ${before} WITH ALLOW_CONNECTIONS true;`,
    signal,
  ).catch(async (error: unknown) => {
    for (const closed of [name, before]) {
      const open = `ALTER DATABASE ${closed} WITH ALLOW_CONNECTIONS true;`
      await runSql(server, open, cleanupSignal()).catch(() => undefined)
    }
    throw error
  })
  return { before }
}

const stamp = (): string => new Date().toISOString().replace(/\D/g, '').slice(0, 14)

async function requireEmpty(access: DatabaseAccess, signal: AbortSignal): Promise<void> {
  const tables = await tallyDatabase(access, signal)
  if (tables.length === 0) return
  throw new Error(`${databaseName(access)} has tables: --replace keeps it under another name`)
}

/** Removes what a run made, also of a run that was ended. */
export async function dropDatabase(access: DatabaseAccess, name: string): Promise<void> {
  const drop = `DROP DATABASE IF EXISTS ${name} WITH (FORCE);`
  await runSql(withDatabase(access, 'postgres'), drop, cleanupSignal())
}

export function runSql({ prefix, url }: DatabaseAccess, sql: string, signal: AbortSignal): Promise<string> {
  const options = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '--no-password', '-d', url]
  return runProgram([...prefix, 'psql', ...options], { signal, input: `${sql}\n` })
}
