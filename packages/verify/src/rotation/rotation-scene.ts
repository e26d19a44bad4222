import { createKeyVault, keyEncryptionKeyFromBase64, type KeyVault, type VaultStore } from '@alfred/key-vault'
import { openAiAdapter, type ProviderAdapter } from '@alfred/key-vault/providers'

/** Who makes the keys of a vault. */
export interface SceneProvider {
  readonly baseUrl: string
  readonly adminKey: string
}

/** What a test decides about a vault. */
export interface SceneOptions {
  readonly provider: SceneProvider
  readonly rotate?: boolean | undefined
  readonly pollMs?: number | undefined
  readonly callTimeoutMs?: number | undefined
  /** What a process leaves behind in the store, its lease and its note, ends after so long at most. */
  readonly leftoversMs?: number | undefined
  readonly graceMs?: number | undefined
  readonly wrapAdapter?: ((adapter: ProviderAdapter) => ProviderAdapter) | undefined
}

/** A store in which nothing that a process leaves behind lasts longer than `longestMs`. */
const withShortLeftovers = (store: VaultStore, maxMs: number): VaultStore => ({
  ...store,
  async lease(ttlMs) {
    const lease = await store.lease(Math.min(ttlMs, maxMs))
    return lease && { ...lease, renew: (forMs) => lease.renew(Math.min(forMs, maxMs)) }
  },
  announce: (instance, note, ttlMs) => store.announce(instance, note, Math.min(ttlMs, maxMs)),
})

/** Opens a vault of one provider, with waits of a fraction of a second where a real one has hours. */
export async function openScene(
  store: VaultStore,
  {
    provider: { baseUrl, adminKey },
    rotate = true,
    pollMs = 200,
    callTimeoutMs = 600,
    // Long enough for a busy machine to come to the step in between: the provider is told when the old key ends.
    graceMs = 1000,
    leftoversMs = Infinity,
    wrapAdapter = (adapter) => adapter,
  }: SceneOptions,
): Promise<KeyVault> {
  const vault = createKeyVault({
    store: withShortLeftovers(store, leftoversMs),
    keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64')),
    rotate,
    pollMs,
    callTimeoutMs,
    leaseMs: 4 * callTimeoutMs,
    providers: {
      openai: {
        adapter: wrapAdapter(openAiAdapter({ baseUrl, adminKey, projectId: 'proj_fake' })),
        graceMs,
        settleMs: 500,
        orphanWatchMs: 800,
      },
    },
  })
  await vault.ready()
  return vault
}

const settled = new Set(['current', 'previous', 'revoked', 'failed'])

/** Whether no key is on its way. */
export const isSettled = (vault: KeyVault): boolean =>
  vault.report()['openai']?.versions.every(({ stage }) => settled.has(stage)) ?? false

/** Whether nothing is left to do: no key is on its way, no rotation is due or failed, and the old key is gone. */
export const isOver = (vault: KeyVault): boolean =>
  isSettled(vault) &&
  vault.report()['openai']?.state === 'ok' &&
  (vault.report()['openai']?.versions.every(({ stage }) => stage !== 'previous') ?? false)
