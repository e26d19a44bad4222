import {
  createFileVaultStore,
  createKeyVault,
  createPostgresVaultStore,
  createRedisVaultStore,
  keyEncryptionKeyFromBase64,
  type KeyVault,
  openAiAdapter,
  type ProviderAdapter,
  type VaultStore,
} from '@alfred/key-vault'
import pg from 'pg'

/** Where a vault is, and who makes its keys: all that processes need to share one. */
export interface RotationScene {
  readonly store: { readonly kind: 'file' | 'redis' | 'postgres'; readonly place: string }
  readonly provider: { readonly baseUrl: string; readonly adminKey: string }
}

const openStore = ({ kind, place }: RotationScene['store']): VaultStore => {
  if (kind === 'file') return createFileVaultStore({ path: place })
  if (kind === 'redis') return createRedisVaultStore({ url: place })
  const pool = new pg.Pool({ connectionString: place, max: 4, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => undefined)
  const store = createPostgresVaultStore({ pool })
  return {
    ...store,
    async close() {
      await store.close()
      await pool.end()
    },
  }
}

/** What a test puts between the vault and what it works with. */
export interface SceneWrappers {
  readonly store?: (store: VaultStore) => VaultStore
  readonly adapter?: (adapter: ProviderAdapter) => ProviderAdapter
  readonly rotate?: boolean
}

/** Opens the scene's vault, with waits of a fraction of a second where a real one has hours. */
export async function openScene(
  { store, provider }: RotationScene,
  {
    store: wrapStore = (given) => given,
    adapter: wrapAdapter = (given) => given,
    rotate = true,
  }: SceneWrappers = {},
): Promise<KeyVault> {
  const vault = createKeyVault({
    store: wrapStore(openStore(store)),
    keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64')),
    rotate,
    pollMs: 50,
    callTimeoutMs: 400,
    leaseMs: 1_600,
    providers: {
      openai: {
        adapter: wrapAdapter(openAiAdapter({ ...provider, projectId: 'proj_fake' })),
        graceMs: 150,
        settleMs: 500,
        orphanWatchMs: 800,
      },
    },
  })
  await vault.ready()
  return vault
}

const settled = new Set(['current', 'previous', 'revoked', 'failed'])

/** Whether nothing is on its way. */
export const isSettled = (vault: KeyVault): boolean =>
  vault.report()['openai']?.versions.every(({ stage }) => settled.has(stage)) ?? false
