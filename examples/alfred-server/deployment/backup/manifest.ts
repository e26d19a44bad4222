import { createHash } from 'node:crypto'
import { isRecord, readJson, textOf } from '../driver/json.ts'
import { readTally, type TableTally } from './database-snapshot.ts'
import type { SealedFile } from './sealed-file.ts'

/** What a backup may consist of. */
export const partNames = ['database', 'redis', 'secrets'] as const

export type PartName = (typeof partNames)[number]

/** Everything about one backup. It is stored last: a backup without it was never finished. */
export interface Manifest {
  /** Its time, such as `20261201T031500Z`. */
  readonly id: string
  readonly createdAt: string
  /** Whose backup it is; `undefined` in backups from before there was a name. */
  readonly environment: string | undefined
  /** The release that served, to deploy it again; `undefined` before the first one. */
  readonly release: string | undefined
  /** Of the PostgreSQL that was read, such as `18.4`. */
  readonly serverVersion: string
  readonly tables: readonly TableTally[]
  readonly parts: Readonly<Partial<Record<PartName, SealedFile>>>
}

const format = 1
export const manifestName = 'manifest.json'

export const keyOfPart = (id: string, part: PartName): string => `${id}/${part}.age`
export const keyOfManifest = (id: string): string => `${id}/${manifestName}`

const isId = (text: string): boolean => /^\d{8}T\d{6}Z$/.test(text)

export const idOf = (now: Date): string => now.toISOString().replace(/[-:]|\.\d{3}/g, '')

/** @returns the time of an identifier, ms; `undefined` for another text */
export function timeOfId(id: string): number | undefined {
  if (!isId(id)) return undefined
  const time = Date.parse(id.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'))
  return Number.isNaN(time) ? undefined : time
}

const digestOf = (manifest: unknown): string =>
  createHash('sha256').update(JSON.stringify(manifest)).digest('hex')

/** With a checksum of its own. */
export const writeManifest = (manifest: Manifest): string =>
  `${JSON.stringify({ format, sha256: digestOf(manifest), manifest }, undefined, 2)}\n`

/** @throws Error when a byte of it is another, or when it is of another version */
export function readManifest(text: string): Manifest {
  const value = readJson(text)
  if (!isRecord(value) || value['format'] !== format) throw new Error('it is no manifest of this version')
  const content = value['manifest']
  if (digestOf(content) !== value['sha256']) throw new Error('the manifest has another checksum')
  const manifest = parseManifest(content)
  if (manifest === undefined) throw new Error('the manifest is incomplete')
  return manifest
}

function parseManifest(value: unknown): Manifest | undefined {
  if (!isRecord(value) || !Array.isArray(value['tables'])) return undefined
  const id = textOf(value, 'id')
  const createdAt = textOf(value, 'createdAt')
  const serverVersion = textOf(value, 'serverVersion')
  const parts = parseParts(value['parts'])
  const listed: readonly unknown[] = value['tables']
  const tables = listed.map(readTally).filter((tally) => tally !== undefined)
  if (id === undefined || createdAt === undefined || serverVersion === undefined) return undefined
  if (parts?.database === undefined || tables.length !== listed.length) return undefined
  const [environment, release] = [textOf(value, 'environment'), textOf(value, 'release')]
  return { id, createdAt, environment, release, serverVersion, tables, parts }
}

function parseParts(value: unknown): Manifest['parts'] | undefined {
  if (!isRecord(value)) return undefined
  const found: Partial<Record<PartName, SealedFile>> = {}
  for (const name of partNames) {
    const part = value[name]
    if (part === undefined) continue
    if (!isRecord(part)) return undefined
    const { contentBytes, bytes } = part
    const contentSha256 = textOf(part, 'contentSha256')
    const sha256 = textOf(part, 'sha256')
    if (typeof contentBytes !== 'number' || typeof bytes !== 'number') return undefined
    if (contentSha256 === undefined || sha256 === undefined) return undefined
    found[name] = { contentBytes, contentSha256, bytes, sha256 }
  }
  return found
}
