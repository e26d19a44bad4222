import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFileVaultStore,
  createPostgresVaultStore,
  createRedisVaultStore,
  type VaultStore,
} from '@alfred/key-vault'
import { startPostgres, startRedis } from '@alfred/testkit'
import pg from 'pg'

/** A store that lasts. */
export type StoreKind = 'file' | 'redis' | 'postgres'

/** Where vaults are: a folder or a URL, which other processes are told. */
export interface VaultTarget {
  readonly kind: StoreKind
  readonly at: string
}

const starters = {
  async file() {
    const folder = await mkdtemp(join(tmpdir(), 'rotations-'))
    return { at: folder, stop: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) }
  },
  async redis() {
    const server = await startRedis()
    return { at: server.url, stop: () => server.stop() }
  },
  async postgres() {
    // Each vault that is watched keeps a connection.
    const server = await startPostgres({ args: ['-c', 'max_connections=300'] })
    return { at: server.url, stop: () => server.stop() }
  },
} as const

/** Starts an empty place of its own. */
export async function startVaultTarget(
  kind: StoreKind,
): Promise<VaultTarget & { readonly stop: () => Promise<void> }> {
  return { kind, ...(await starters[kind]()) }
}

/** Opens stores in a place, each under a name. */
export interface VaultTargetAccess {
  store(name: string): VaultStore
  /** Ends what the stores share; they are closed before. */
  close(): Promise<void>
}

/** Opens a place in this process. @param maxConnections - to PostgreSQL; one for each watched store, and two more */
export function openVaultTarget({ kind, at }: VaultTarget, maxConnections: number): VaultTargetAccess {
  const nothing = (): Promise<void> => Promise.resolve()
  if (kind === 'redis') return { store: (name) => createRedisVaultStore({ url: at, name }), close: nothing }
  if (kind === 'file') {
    const store = (name: string): VaultStore => {
      mkdirSync(join(at, name), { recursive: true })
      return createFileVaultStore({ path: join(at, name, 'keys.vault') })
    }
    return { store, close: nothing }
  }
  const pool = new pg.Pool({ connectionString: at, max: maxConnections, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => undefined)
  return { store: (name) => createPostgresVaultStore({ pool, name }), close: () => pool.end() }
}
