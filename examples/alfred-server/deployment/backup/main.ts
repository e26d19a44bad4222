/** Backups: no dependency but Node, and the programs of PostgreSQL, Redis and age. `scripts/backup-database.sh` and its neighbours start it. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { withDeadline } from '../driver/deadline.ts'
import { DeployError, exitCodes, explain } from '../driver/deploy-error.ts'
import { acquireLock } from '../driver/lock.ts'
import { runCommand } from '../driver/run-command.ts'
import { backUp } from './back-up.ts'
import { cleanupSignal, graceMs } from './cleanup.ts'
import { type BackupCommand, parseBackupCommand } from './cli.ts'
import type { BackupContext } from './create-backup.ts'
import { fetchBackup, findBackup } from './fetch-backup.ts'
import { readInventory } from './inventory.ts'
import { openObjectStorage } from './object-storage.ts'
import { databaseName, dropDatabase, restoreInto, takeOver } from './restore-database.ts'
import { type BackupSettings, readBackupSettings } from './settings.ts'
import type { StorageCredentials } from './sign-request.ts'
import { createSteps } from './steps.ts'
import { verifyBackup } from './verify-backup.ts'

const deploymentFolder = fileURLToPath(new URL('..', import.meta.url))

const print = (line: string): void => {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
}

interface Installation {
  readonly settings: BackupSettings
  readonly compose: readonly string[]
  readonly isCompose: boolean
}

async function main(args: readonly string[]): Promise<void> {
  const command = parseBackupCommand(args)
  const installation = await readInstallation(command)
  const { settings } = installation
  const storage = openObjectStorage({
    ...settings.storage,
    credentials: await readCredentials(settings.storage.credentialsFile),
  })
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      ending.abort(new Error(`ended by ${name}`))
    })
  }
  const folder = join(settings.stateFolder, 'backups')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const shared = {
    settings,
    environment: command.environment,
    storage,
    step: createSteps(print),
    workFolder: join(folder, 'work'),
  }
  const run = (work: (context: BackupContext) => Promise<void>): Promise<void> =>
    withDeadline(
      `the run of ${command.name}`,
      settings.deadlineMs,
      ending.signal,
      (signal) => work({ ...shared, signal }),
      graceMs,
    )
  if (command.name === 'list') return run(list)
  if (command.name === 'fetch') return run((context) => fetchInto(context, command))
  const lock = await acquireLock(folder, command.name, 0)
  try {
    // What a killed run left behind. The lock is ours.
    await rm(join(folder, 'work'), { recursive: true, force: true })
    await run((context) => runLocked(context, command, installation))
  } finally {
    await rm(join(folder, 'work'), { recursive: true, force: true })
    await lock.release()
  }
}

async function runLocked(
  context: BackupContext,
  command: BackupCommand,
  installation: Installation,
): Promise<void> {
  if (command.name === 'backup') {
    console.log(await backUp(context, print))
    return
  }
  if (command.name === 'restore') return restore(context, command)
  return verify(context, command, installation)
}

/**
 * The process' own environment counts more than the file. Production alone may do without one: a mistyped environment
 * would else run on production.
 */
async function readInstallation({ name, settingsFile, environment }: BackupCommand): Promise<Installation> {
  const file = settingsFile ?? join(deploymentFolder, `${environment}.env`)
  const isOptional = settingsFile === undefined && environment === 'production'
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isOptional && isMissing(error)) return ''
    throw new DeployError('refused', `The settings in ${file} cannot be read: ${explain(error)}`)
  })
  const values = { ...parseEnv(text), ...process.env }
  const composeFile = values['ALFRED_COMPOSE_FILE'] ?? join(deploymentFolder, 'docker-compose.production.yml')
  const envFile = text === '' ? [] : ['--env-file', resolve(file)]
  const slotsFile = join(values['ALFRED_STATE'] ?? '/var/lib/alfred', 'slots.env')
  // A machine that only verifies backups has no slots.
  const slots = existsSync(slotsFile) ? ['--env-file', slotsFile] : []
  const compose = ['docker', 'compose', '-f', composeFile, ...envFile, ...slots]
  try {
    const isCompose = values['ALFRED_BACKEND'] !== 'process'
    return { settings: readBackupSettings(values, compose, name), compose, isCompose }
  } catch (error) {
    throw new DeployError('refused', explain(error))
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function readCredentials(file: string): Promise<StorageCredentials> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new DeployError('refused', `The credentials of the storage cannot be read: ${explain(error)}`)
  })
  const [, accessKey, secretKey] = /^([^:\s]+):(\S+)\s*$/.exec(text) ?? []
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey }
  throw new DeployError('refused', `${file} must hold ACCESS_KEY:SECRET_KEY`)
}

async function list({ storage, environment, signal }: BackupContext): Promise<void> {
  const inventory = await readInventory(storage, environment, signal)
  const lines = inventory.map(({ id, problem, verification, manifest }) => ({
    id,
    release: manifest?.release,
    problem,
    verified: verification?.outcome === 'verified' ? verification.at : undefined,
  }))
  console.log(JSON.stringify(lines, undefined, 2))
}

async function fetchInto(context: BackupContext, { id, folder }: BackupCommand): Promise<void> {
  const workFolder = resolve(folder)
  await mkdir(workFolder, { recursive: true, mode: 0o700 })
  if ((await readdir(workFolder)).length > 0) throw new DeployError('refused', `${folder} is not empty`)
  const { manifest } = await findBackup(context, id)
  await fetchBackup({ ...context, workFolder }, manifest)
  const parts = Object.keys(manifest.parts)
  console.log(JSON.stringify({ id: manifest.id, release: manifest.release, parts }))
}

async function restore(context: BackupContext, { id, replace }: BackupCommand): Promise<void> {
  const { settings, step, signal } = context
  const { target } = settings
  const { manifest } = await findBackup(context, id)
  const { files } = await fetchBackup(context, manifest)
  const { database } = files
  if (database === undefined) throw new Error('the backup has no database')
  const name = `${databaseName(target)}_restored_${String(process.pid)}`
  try {
    await step('restore', () => restoreInto(target, name, database, manifest, signal))
    const { before } = await step('take over', () => takeOver(target, name, replace, signal))
    if (before !== undefined) print(`The database of before is ${before}: drop it when it is not needed.`)
  } finally {
    await dropDatabase(target, name).catch(() => undefined)
  }
  console.log(manifest.id)
}

/** In an installation of Compose, the scratch server lives as long as the run. */
async function verify(
  context: BackupContext,
  { id }: BackupCommand,
  { compose, isCompose }: Installation,
): Promise<void> {
  const { step, signal } = context
  const scratch = [...compose, '--profile', 'restore-verify']
  const service = 'postgres-scratch'
  try {
    if (isCompose) {
      await step('scratch', () => runCommand([...scratch, 'up', '--detach', '--wait', service], { signal }))
    }
    console.log((await verifyBackup(context, id)).id)
  } finally {
    const remove = [...scratch, 'rm', '--stop', '--force', '--volumes', service]
    if (isCompose)
      await runCommand(remove, { signal: cleanupSignal() }).catch((error: unknown) => {
        print(explain(error))
      })
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  print(explain(error))
  process.exitCode = error instanceof DeployError ? exitCodes[error.kind] : exitCodes.failed
}
