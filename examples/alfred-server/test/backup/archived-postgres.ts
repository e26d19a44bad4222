import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, type PostgresService, startPostgres, waitFor } from '@alfred/testkit'
import { Client } from 'pg'
import { findBackupPrograms } from '../../../../scripts/backup-programs.ts'

const run = promisify(execFile)

/** The configuration of the deployment, but for what differs between machines. */
const configFile = new URL('../../deployment/postgres/pgbackrest.conf', import.meta.url)

/** A PostgreSQL whose write-ahead log pgBackRest archives. */
export interface ArchivedPostgres extends AsyncDisposable {
  readonly postgres: PostgresService
  /** Runs a command of pgBackRest as the user of the server. */
  readonly archiver: (...args: readonly string[]) => Promise<string>
  /** Ends the server, brings its data to a moment, and starts it. @returns how long it took, ms */
  goBackTo(time: Date): Promise<number>
  /** Loses the server and all its data, and brings back what was archived. @returns how long it took, ms */
  loseEverything(): Promise<number>
  /** Lets archiving fail, or work again. */
  breakArchive(isBroken: boolean): Promise<void>
}

/** @throws Error when there is no pgBackRest */
export async function startArchivedPostgres(): Promise<ArchivedPostgres> {
  const programs = findBackupPrograms()
  if (programs === undefined) throw new Error('pgBackRest is missing: node scripts/ensure-services.ts')
  const path = [...programs, process.env['PATH'] ?? ''].join(':')
  const folder = await mkdtemp(join(tmpdir(), 'alfred-archive-'))
  const user = process.getuid?.() === 0 ? await nobody() : undefined
  for (const name of ['repo', 'lock', 'spool', 'socket']) {
    await mkdir(join(folder, name))
    if (user) await chown(join(folder, name), user.uid, user.gid)
  }
  if (user) await chown(folder, user.uid, user.gid)
  const port = await freePort()
  const config = join(folder, 'pgbackrest.conf')
  const broken = join(folder, 'broken')
  const push = `test ! -e ${broken} && PATH=${path} pgbackrest --config=${config} --stanza=alfred archive-push %p`
  const postgres = await startPostgres({
    port,
    args: Object.entries({
      wal_level: 'replica',
      archive_mode: 'on',
      archive_command: push,
      archive_timeout: '60',
      max_wal_senders: '3',
      unix_socket_directories: join(folder, 'socket'),
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  })
  const archiver = async (...args: readonly string[]): Promise<string> => {
    const options = { ...user, cwd: '/', env: { PATH: path } }
    return (await run('pgbackrest', [`--config=${config}`, '--stanza=alfred', ...args], options)).stdout
  }
  const restore = async (...options: readonly string[]): Promise<number> => {
    const startedAt = performance.now()
    await archiver('restore', ...options)
    await postgres.restart()
    // It answers reads before it has replayed the log.
    await waitFor(async () => !(await isRecovering(postgres)), {
      timeoutMs: 60_000,
      what: 'the end of the recovery',
    })
    return performance.now() - startedAt
  }
  const stop = async (): Promise<void> => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  let dataFolder: string
  try {
    dataFolder = await dataFolderOf(postgres)
    await writeFile(config, await ownConfig(folder, postgres.port, dataFolder), { mode: 0o644 })
    await archiver('stanza-create')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    postgres,
    archiver,
    async goBackTo(time) {
      const target = time.toISOString().replace('T', ' ').replace('Z', '+00')
      await postgres.kill()
      // What was killed leaves its mark.
      await rm(join(dataFolder, 'postmaster.pid'), { force: true })
      return restore('--delta', '--type=time', `--target=${target}`, '--target-action=promote')
    },
    async loseEverything() {
      await postgres.kill()
      for (const name of await readdir(dataFolder)) {
        await rm(join(dataFolder, name), { recursive: true, force: true })
      }
      return restore()
    },
    breakArchive: (isBroken) => (isBroken ? writeFile(broken, '') : rm(broken, { force: true })),
    [Symbol.asyncDispose]: stop,
  }
}

async function nobody(): Promise<{ readonly uid: number; readonly gid: number }> {
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(await readFile('/etc/passwd', 'utf8')) ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

const dataFolderOf = (postgres: PostgresService): Promise<string> =>
  readValue(postgres, "SELECT current_setting('data_directory') AS value")

const isRecovering = async (postgres: PostgresService): Promise<boolean> =>
  (await readValue(postgres, 'SELECT pg_is_in_recovery()::text AS value')) === 'true'

async function readValue({ url }: PostgresService, sql: string): Promise<string> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ value: string }>(sql)
    return rows[0]?.value ?? ''
  } finally {
    await client.end()
  }
}

/** The configuration of the deployment, with the paths of a test. */
async function ownConfig(folder: string, port: number, dataFolder: string): Promise<string> {
  const global = {
    'repo1-path': join(folder, 'repo'),
    'repo1-cipher-pass': 'the secret of a test',
    'lock-path': join(folder, 'lock'),
    'spool-path': join(folder, 'spool'),
  }
  const stanza = {
    'pg1-path': dataFolder,
    'pg1-user': 'postgres',
    'pg1-port': String(port),
    'pg1-socket-path': join(folder, 'socket'),
  }
  const lines = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  const text = (await readFile(configFile, 'utf8')).replace(/^pg1-.*\n/gm, '')
  return `${text.replace('[global]\n', `[global]\n${lines(global)}`)}${lines(stanza)}`
}
