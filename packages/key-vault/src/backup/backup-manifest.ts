import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlfredError } from '@alfred/core'

/** The names of the files in the folder of a backup. */
export const backupNames = {
  vault: 'keys.vault',
  trail: 'keys.vault.audit',
  clientKeys: 'client-keys',
} as const

/** One of the files that are backed up. */
export type BackupFile = keyof typeof backupNames

/** What stands in `backup.json`. */
export interface BackupManifest {
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The SHA-256 of each file that there was, in hexadecimal. */
  readonly files: Readonly<Partial<Record<BackupFile, string>>>
}

const manifestName = 'backup.json'
const version = 1

const damaged = (folder: string, what: string, cause?: unknown): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_TAMPERED',
    `The backup ${folder} ${what}. Take another one.`,
    { target: 'backup', path: folder },
    { cause },
  )

/** The SHA-256 of a file, in hexadecimal. */
export const fileDigest = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

/** Writes the manifest of the files in a folder. */
export function writeManifest(folder: string, createdAt: number, names: readonly BackupFile[]): void {
  const files = Object.fromEntries(names.map((name) => [name, fileDigest(join(folder, backupNames[name]))]))
  writeFileSync(join(folder, manifestName), `${JSON.stringify({ version, createdAt, files })}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
}

/**
 * Reads the manifest of a backup and compares the files with it.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED` when there is none, or a file is missing or differs
 */
export function readManifest(folder: string): BackupManifest {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(join(folder, manifestName), 'utf8'))
  } catch (error) {
    throw damaged(folder, `has no ${manifestName} that can be read`, error)
  }
  const fields = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<string, unknown>
  const { createdAt, files } = fields
  if (
    fields['version'] !== version ||
    typeof createdAt !== 'number' ||
    typeof files !== 'object' ||
    files === null
  ) {
    throw damaged(folder, `has a ${manifestName} of another version`)
  }
  const digests = files as Record<string, unknown>
  const present = (Object.keys(backupNames) as BackupFile[]).filter((name) => Object.hasOwn(digests, name))
  const checked = present.map((name) => {
    const path = join(folder, backupNames[name])
    let digest: string
    try {
      digest = fileDigest(path)
    } catch (error) {
      throw damaged(folder, `lacks ${backupNames[name]}`, error)
    }
    if (digest !== digests[name])
      throw damaged(folder, `was changed: ${backupNames[name]} has another SHA-256`)
    return [name, digest] as const
  })
  return { createdAt, files: Object.fromEntries(checked) }
}
