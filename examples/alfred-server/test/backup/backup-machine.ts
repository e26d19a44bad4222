import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { noopLogger } from '@alfred/core'
import {
  type FakeObjectStorage,
  type PostgresService,
  type RedisService,
  startFakeObjectStorage,
  startPostgres,
  startRedis,
} from '@alfred/testkit'
import { Client } from 'pg'
import { findBackupPrograms } from '../../../../scripts/backup-programs.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { projectFolder } from '../../src/project-folder.ts'
import { postgresSettings } from '../postgres-settings.ts'

const run = promisify(execFile)

const scripts = fileURLToPath(new URL('../../../../scripts/', import.meta.url))
/** A file that may not grow is what a full disk is to who writes it. */
const fileLimit = 'ulimit -f "$1"; shift; exec "$@"'
const deployment = fileURLToPath(new URL('../../deployment/', import.meta.url))

/** How a script ended. */
export interface ScriptRun {
  readonly code: number | null
  readonly stdout: string
  /** Its progress, and why it failed. */
  readonly stderr: string
}

/** A machine with a database, a Redis and secrets, a storage, and another machine that has the key to open backups. */
export interface BackupMachine extends AsyncDisposable {
  readonly storage: FakeObjectStorage
  readonly stateFolder: string
  readonly secretsFolder: string
  readonly redis: RedisService
  /** Runs SQL as the owner of the server. */
  query(sql: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** The URL of the database in use, or of another one, for a role. */
  url(role: string, database?: string): string
  /** What the scripts find in their environment instead of in a file. */
  readonly env: Readonly<Record<string, string>>
  /** Opens the backups. */
  readonly identityFile: string
  /** Runs a script of the repository, such as `backup-database.sh`, to its end. */
  script(
    name: string,
    args?: readonly string[],
    settings?: Readonly<Record<string, string>>,
  ): Promise<ScriptRun>
  /** Starts one. `onLine` sees each line of its progress. */
  start(
    name: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ): ChildProcess
  /** A folder for the test's own files. */
  readonly folder: string
  /** The PATH with the programs for backups. */
  readonly path: string
}

export interface StartBackupMachineOptions {
  readonly postgres?: PostgresService | undefined
}

export async function startBackupMachine({
  postgres: found,
}: StartBackupMachineOptions = {}): Promise<BackupMachine> {
  const programs = findBackupPrograms()
  if (programs === undefined)
    throw new Error('the programs for backups are missing: node scripts/ensure-services.ts')
  const path = [...programs, process.env['PATH'] ?? ''].join(':')
  const folder = await mkdtemp(join(tmpdir(), 'alfred-backup-'))
  const stateFolder = join(folder, 'state')
  const secretsFolder = join(folder, 'secrets')
  await mkdir(stateFolder)
  const postgres = found ?? (await startPostgres())
  const [redis, storage] = [
    await startRedis({ args: ['--repl-diskless-sync-delay', '0'] }),
    await startFakeObjectStorage(),
  ]
  const url = (role: string, database = 'alfred'): string => {
    const target = new URL(postgres.url)
    target.username = role
    target.pathname = `/${database}`
    return target.toString()
  }
  const query = async (
    sql: string,
    database = 'alfred',
  ): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const client = new Client(url('postgres', database))
    await client.connect()
    try {
      return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  await query('CREATE DATABASE alfred', 'postgres')
  await query(await readFile(join(projectFolder, 'database/roles.sql'), 'utf8'))
  await migrateDatabase(openPostgresDatabase(postgresSettings(url('alfred_migrator'))), {
    folder: projectFolder,
    logger: noopLogger,
  })
  await run(join(deployment, 'make-secrets.sh'), [secretsFolder])
  await writeFile(
    join(secretsFolder, 'backup_storage_credentials'),
    `${storage.accessKey}:${storage.secretKey}\n`,
  )
  const identityFile = join(folder, 'identity')
  await run('age-keygen', ['-o', identityFile], { env: { PATH: path } })
  const { stdout: recipient } = await run('age-keygen', ['-y', identityFile], { env: { PATH: path } })
  await writeFile(join(secretsFolder, 'backup_recipients'), recipient)
  const values = {
    ALFRED_BACKEND: 'process',
    ALFRED_STATE: stateFolder,
    ALFRED_SECRETS: secretsFolder,
    ALFRED_BACKUP_STORAGE: `${storage.url}/alfred`,
    ALFRED_BACKUP_IDENTITY_FILE: identityFile,
    ALFRED_BACKUP_DATABASE: url('alfred_backup'),
    ALFRED_RESTORE_DATABASE: url('postgres'),
    ALFRED_SCRATCH_DATABASE: url('postgres'),
    ALFRED_BACKUP_REDIS: String(redis.port),
  }
  const settingsFile = join(folder, 'test.env')
  await writeFile(
    settingsFile,
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const children = new Set<ChildProcess>()

  const launch = (
    name: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): ChildProcess => {
    const { maxFileBlocks = 'unlimited', ...changes } = settings
    const env = { PATH: path, ALFRED_NODE: process.execPath, ...changes }
    const command = [join(scripts, name), ...args, '--settings', settingsFile]
    const child = spawn('bash', ['-c', fileLimit, 'bash', maxFileBlocks, ...command], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }

  return {
    storage,
    env: { ...values, PATH: path, ALFRED_NODE: process.execPath },
    identityFile,
    stateFolder,
    secretsFolder,
    redis,
    folder,
    path,
    query,
    url,
    async script(name, args = [], settings = {}) {
      const child = launch(name, args, settings)
      const output = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream]?.setEncoding('utf8').on('data', (text: string) => {
          output[stream] += text
        })
      }
      await once(child, 'close')
      return { code: child.exitCode, ...output }
    },
    start(name, args, settings, onLine) {
      const child = launch(name, args, settings)
      child.stdout?.resume()
      let rest = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        lines.forEach(onLine)
      })
      return child
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      await storage.stop()
      await redis.stop()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
