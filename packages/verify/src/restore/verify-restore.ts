import { setTimeout as wait } from 'node:timers/promises'
import { startArchivedPostgres } from '../../../../examples/alfred-server/test/backup/archived-postgres.ts'
import { backupFaults } from '../../../../examples/alfred-server/test/backup/backup-faults.ts'
import { startBackupMachine } from '../../../../examples/alfred-server/test/backup/backup-machine.ts'
import { Client } from 'pg'
import { createLoadTable, readRows, startWriteLoad } from './write-load.ts'

const isShort = process.env['ALFRED_VERIFY'] === 'short'
const loadMs = isShort ? 3000 : 30_000
const unarchivedMs = isShort ? 3000 : 120_000

export interface RestoreFigures extends Readonly<Record<string, unknown>> {
  /** Rows acknowledged before the moment that a dropped table was brought back to, and missing there. */
  readonly rowsLost: number
  /** Seconds of acknowledged rows that are gone when the server and its data are. */
  readonly rpoSeconds: number
  /** Seconds until a server that lost its data answers again. */
  readonly rtoSeconds: number
  readonly dumpRestoreSeconds: number
  readonly corruptionsTried: number
  readonly corruptionsFound: number
  /** Runs that ended with 0 although something was wrong. */
  readonly falseSuccesses: number
}

/** Damages backups, and restores; brings a dropped table and a lost server back, under load. */
export async function verifyRestore(): Promise<RestoreFigures> {
  const backups = await tryBackups()
  const archive = await tryArchive()
  const corruptionsTried = backups.tried + 1
  const corruptionsFound = backups.found + Number(archive.brokenArchiveSeen)
  const { rowsLost, rpoSeconds, rtoSeconds, rowsAcknowledged } = archive
  const { falseSuccesses, dumpRestoreSeconds } = backups
  const isGood = rowsLost === 0 && rpoSeconds <= 60 && falseSuccesses === 0
  if (!isGood || corruptionsFound !== corruptionsTried) process.exitCode = 1
  return {
    rowsAcknowledged,
    rowsLost,
    rpoSeconds,
    rtoSeconds,
    dumpRestoreSeconds,
    corruptionsTried,
    corruptionsFound,
    falseSuccesses,
  }
}

async function tryBackups() {
  await using machine = await startBackupMachine()
  await machine.query(`INSERT INTO sessions SELECT gen_random_uuid() FROM generate_series(1, 2000);
INSERT INTO messages (id, session_id, role, content)
  SELECT gen_random_uuid(), id, 'user', md5(random()::text) FROM sessions, generate_series(1, 10)`)
  /** A control: without a fault everything must go well. */
  const succeed = async (name: string, args: readonly string[] = []): Promise<void> => {
    const { code, stderr } = await machine.script(name, args)
    if (code !== 0) throw new Error(`${name} failed although nothing was wrong: ${stderr}`)
  }
  await succeed('backup-database.sh')
  let found = 0
  let falseSuccesses = 0
  for (const { what, message, run } of backupFaults) {
    const { code, stderr } = await run(machine)
    if (code === 0) falseSuccesses += 1
    if (code !== 0 && message.test(stderr)) found += 1
    else console.error(`not noticed: ${what}`)
  }
  await succeed('restore-verify.sh')
  await succeed('backup-database.sh')
  await machine.query('DROP TABLE messages CASCADE')
  const startedAt = performance.now()
  await succeed('restore-database.sh', ['latest', '--replace'])
  const dumpRestoreSeconds = round((performance.now() - startedAt) / 1000)
  const [{ count } = {}] = await machine.query('SELECT count(*)::int FROM messages')
  if (count !== 20_000) throw new Error(`${String(count)} of 20000 messages were restored`)
  return { tried: backupFaults.length, found, falseSuccesses, dumpRestoreSeconds }
}

async function tryArchive() {
  await using archived = await startArchivedPostgres()
  const { url } = archived.postgres
  await runSql(url, createLoadTable)
  await archived.archiver('backup', '--type=full')

  const load = await startWriteLoad(url)
  await wait(loadMs)
  const droppedAt = await runSql(url, 'SELECT clock_timestamp() AS value')
  await runSql(url, 'DROP TABLE acknowledged')
  await load.stop()
  await archived.archiver('check')
  const target = droppedAt.getTime() - 1000
  await archived.goBackTo(new Date(target))
  const restored = await readRows(url)
  const rowsLost = load.rows.filter(({ id, at }) => at < target && !restored.has(id)).length

  // The archive fails for a while, and then takes everything that waited.
  await runSql(url, 'TRUNCATE acknowledged')
  await archived.breakArchive(true)
  const second = await startWriteLoad(url)
  await wait(unarchivedMs)
  const failed = await runSql(url, 'SELECT last_failed_time AS value FROM pg_stat_archiver')
  await archived.breakArchive(false)
  await archived.archiver('check')
  await wait(loadMs)
  const rtoMs = await archived.loseEverything()
  await second.stop()
  const kept = await readRows(url)
  const lastKept = second.rows.findLast(({ id }) => kept.has(id))?.at ?? NaN
  const rpoMs = (second.rows.at(-1)?.at ?? NaN) - lastKept
  return {
    rowsAcknowledged: load.rows.length + second.rows.length,
    rowsLost,
    rpoSeconds: round(rpoMs / 1000),
    rtoSeconds: round(rtoMs / 1000),
    brokenArchiveSeen: Number.isFinite(failed.getTime()),
  }
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10

/** @returns the time that a statement names `value`; an invalid one when it names none */
async function runSql(url: string, sql: string): Promise<Date> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ value: Date | null }>(sql)
    return rows[0]?.value ?? new Date(NaN)
  } finally {
    await client.end()
  }
}
