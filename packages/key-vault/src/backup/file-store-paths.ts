import { resolve } from 'node:path'
import { trailPathOf } from '../stores/file/file-vault-store.ts'
import { openSqliteFile, type SqliteFile } from '../stores/sqlite/sqlite-file.ts'
import {
  clientKeyFormat,
  type SqliteFormat,
  trailFormat,
  vaultFormat,
} from '../stores/sqlite/sqlite-format.ts'
import type { BackupFile } from './backup-manifest.ts'

/** Where the stores of one machine are. */
export interface FileStorePaths {
  /** The file of the vault; its audit trail stands beside it. */
  readonly vault: string
  /** The file of the client keys, if there is one. */
  readonly clientKeys?: string | undefined
}

/** A process that writes holds a lock for milliseconds; a backup or a restore may wait longer than a request. */
const lockTimeoutMs = 30_000

const formats: Readonly<Record<BackupFile, SqliteFormat>> = {
  vault: vaultFormat,
  trail: trailFormat,
  clientKeys: clientKeyFormat,
}

/** The files of stores. */
export interface StoreFiles {
  readonly vault: SqliteFile
  readonly trail: SqliteFile
  /** All of them with their names, in the order in which they are locked everywhere. */
  readonly all: readonly (readonly [BackupFile, SqliteFile])[]
}

/** Opens the files of stores. */
export function openStoreFiles(paths: FileStorePaths): StoreFiles {
  const open = (name: BackupFile, path: string): SqliteFile =>
    openSqliteFile({ path, format: formats[name], lockTimeoutMs })
  const vault = open('vault', resolve(paths.vault))
  const trail = open('trail', trailPathOf(vault.path))
  const all: (readonly [BackupFile, SqliteFile])[] = [
    ['vault', vault],
    ['trail', trail],
  ]
  if (paths.clientKeys !== undefined) all.push(['clientKeys', open('clientKeys', resolve(paths.clientKeys))])
  return { vault, trail, all }
}
