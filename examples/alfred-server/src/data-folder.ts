import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from './settings/settings.ts'

/** Where Alfred keeps what it keeps itself. */
export interface DataFolder {
  readonly database: string
  readonly vault: string
  readonly clientKeys: string
  readonly vaultKey: string
  /** Whether the key will be made at this start. */
  readonly vaultKeyIsNew: boolean
  /** Whether the key belongs to somebody else, such as a container's secret. */
  readonly vaultKeyIsGiven: boolean
}

/** Makes the data folder, readable by nobody else, and names what is in it. */
export function openDataFolder({ dataFolder, vaultKeyFile }: Settings): DataFolder {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const vaultKey = vaultKeyFile ?? join(dataFolder, 'vault.key')
  return {
    database: join(dataFolder, 'database'),
    vault: join(dataFolder, 'keys.vault'),
    clientKeys: join(dataFolder, 'client-keys'),
    vaultKey,
    vaultKeyIsNew: vaultKeyFile === undefined && !existsSync(vaultKey),
    vaultKeyIsGiven: vaultKeyFile !== undefined,
  }
}
