import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { openSnapshot, type TableTally } from './database-snapshot.ts'
import { type InventoryEntry, readInventory } from './inventory.ts'
import {
  idOf,
  keyOfManifest,
  keyOfPart,
  type Manifest,
  type PartName,
  partNames,
  timeOfId,
  writeManifest,
} from './manifest.ts'
import type { ObjectStorage } from './object-storage.ts'
import { startProgram } from './program.ts'
import { removableBackups } from './retention.ts'
import { type SealedFile, sealFile, settleAll } from './sealed-file.ts'
import { archiveSecrets, checkSecrets } from './secrets-folder.ts'
import type { BackupSettings } from './settings.ts'
import type { RunStep } from './steps.ts'
import { createRdbFilter } from './whole-rdb.ts'

/** What a run works with. */
export interface BackupContext {
  readonly settings: BackupSettings
  /** Whose backups these are, such as `production`. */
  readonly environment: string
  readonly storage: ObjectStorage
  readonly step: RunStep
  /** A folder of the run's own. */
  readonly workFolder: string
  readonly signal: AbortSignal
}

/** Names, rules and retention go by time: more than this between two clocks is a fault, ms. */
const maxSkewMs = 5 * 60_000

/**
 * Saves the database, Redis and the secrets, as one backup. The manifest is stored last, so what failed on the way is
 * no backup.
 *
 * @param release - what serves now
 */
export async function createBackup(context: BackupContext, release: string | undefined): Promise<Manifest> {
  const { settings, environment, storage, step, workFolder, signal } = context
  await mkdir(workFolder, { recursive: true, mode: 0o700 })
  const now = await step('clock', () => checkedTime(storage, signal))
  const id = idOf(now)
  const database = await step('database', () => saveDatabase(context))
  const parts: Partial<Record<PartName, SealedFile>> = { database: database.file }
  const { redisDump } = settings
  if (redisDump) parts.redis = await step('redis', () => seal(context, 'redis', redisDump, createRdbFilter()))
  parts.secrets = await step('secrets', () => saveSecrets(context))
  const { serverVersion, tables } = database
  const createdAt = now.toISOString()
  const manifest: Manifest = { id, createdAt, environment, release, serverVersion, tables, parts }
  await step('upload', () => upload(context, manifest))
  return manifest
}

/** Removes what the rules for retention let go. @returns the backups that are still there */
export async function applyRetention({
  storage,
  environment,
  step,
  signal,
}: BackupContext): Promise<readonly InventoryEntry[]> {
  return step('retention', async () => {
    const inventory = await readInventory(storage, environment, signal)
    const removable = removableBackups(inventory, (await storage.now(signal)).getTime())
    for (const { id, keys } of inventory) {
      if (!removable.includes(id)) continue
      // The manifest first: what is left of a removal that was cut off is no backup.
      const manifestFirst = [...keys].sort((a) => (a === keyOfManifest(id) ? -1 : 1))
      for (const key of manifestFirst) await storage.remove(key, signal)
    }
    return inventory.filter(({ id }) => !removable.includes(id))
  })
}

async function checkedTime(storage: ObjectStorage, signal: AbortSignal): Promise<Date> {
  const there = await storage.now(signal)
  const now = new Date()
  if (Math.abs(there.getTime() - now.getTime()) > maxSkewMs) {
    throw new Error(`the clock says ${now.toISOString()}, that of the storage ${there.toISOString()}`)
  }
  const id = idOf(now)
  const later = (await storage.list(signal))
    .map(({ key }) => key.slice(0, Math.max(0, key.indexOf('/'))))
    .find((other) => timeOfId(other) !== undefined && other >= id)
  if (later === id) {
    // Two of one second would have one name.
    await setTimeout(1000 - now.getMilliseconds(), undefined, { signal })
    return checkedTime(storage, signal)
  }
  if (later !== undefined) throw new Error(`there is a backup of ${later}, which is not before ${id}`)
  return now
}

interface SavedDatabase {
  readonly file: SealedFile
  readonly serverVersion: string
  readonly tables: readonly TableTally[]
}

/** What is dumped and what is counted are the same moment. */
async function saveDatabase(context: BackupContext): Promise<SavedDatabase> {
  const { settings, signal } = context
  const { prefix, url } = settings.source
  await using snapshot = await openSnapshot(settings.source, signal)
  const options = ['--format=custom', '--no-password', '--lock-wait-timeout=60s', `--snapshot=${snapshot.id}`]
  const file = await seal(context, 'database', [...prefix, 'pg_dump', ...options, `--dbname=${url}`])
  const tables = await snapshot.tally()
  if (!tables.some(({ rows }) => rows > 0)) throw new Error('the database is empty: is it the right one?')
  return { file, serverVersion: snapshot.serverVersion, tables }
}

/** Without the vault's key the vault in the database stays closed, so they are saved together. */
async function saveSecrets(context: BackupContext): Promise<SealedFile> {
  const { secretsFolder } = context.settings
  await checkSecrets(secretsFolder)
  return seal(context, 'secrets', archiveSecrets(secretsFolder))
}

async function seal(
  { settings, workFolder, signal }: BackupContext,
  part: PartName,
  command: readonly string[],
  filter: Transform = new PassThrough(),
): Promise<SealedFile> {
  const { stdin, stdout, ended } = startProgram(command, { signal })
  stdin.end()
  const sealing = sealFile(filter, join(workFolder, `${part}.age`), settings, { signal })
  await settleAll([ended, pipeline(stdout, filter), sealing])
  return sealing
}

async function upload({ storage, workFolder, signal }: BackupContext, manifest: Manifest): Promise<void> {
  for (const part of partNames) {
    const sealed = manifest.parts[part]
    const file = join(workFolder, `${part}.age`)
    if (sealed) await storage.put(keyOfPart(manifest.id, part), { path: file, ...sealed }, signal)
    await rm(file, { force: true })
  }
  await storage.putText(keyOfManifest(manifest.id), writeManifest(manifest), signal)
}
