import { newestAt } from './key-stages.ts'
import type { KeyLeases } from './key-leases.ts'
import type { KeyStage, VaultDocument } from './vault-document.ts'

/** What a vault tells of one version. */
export interface KeyVersionReport {
  readonly version: number
  readonly stage: KeyStage
  /** When it came to this stage, ms since the epoch. */
  readonly since: number
  /** How many leases of this process hold it. */
  readonly leases: number
}

/** What a vault tells of a provider's keys. It holds no part of a key and nothing computed from one. */
export interface ProviderKeyReport {
  /** The current version, `undefined` when there is none. */
  readonly current: number | undefined
  /** When another version last became current, ms since the epoch. */
  readonly lastRotatedAt: number | undefined
  readonly versions: readonly KeyVersionReport[]
}

/** A report per provider. */
export type VaultReport = Readonly<Record<string, ProviderKeyReport>>

export function reportOn(document: VaultDocument, leases: KeyLeases): VaultReport {
  const entries = [...document].map(([provider, keys]): [string, ProviderKeyReport] => [
    provider,
    {
      current: newestAt(keys, 'current')?.version,
      lastRotatedAt: keys.lastRotatedAt,
      versions: keys.versions.map(({ version, stage, since }) => ({
        version,
        stage,
        since,
        leases: leases.count(provider, version),
      })),
    },
  ])
  return Object.fromEntries(entries)
}
