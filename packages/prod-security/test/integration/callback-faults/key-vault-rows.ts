import {
  createKeyVault,
  createMemoryVaultStore,
  createPostgresVaultStore,
  type KeyEncryptionKeyProvider,
  keyEncryptionKeyFromAwsKms,
  type VaultStore,
} from '@alfred/key-vault'
import { type ClientKeyStore, createClientKeys } from '@alfred/key-vault/client-keys'
import {
  anthropicAdapter,
  openAiAdapter,
  type ProviderAdapter,
  tokenAdapter,
} from '@alfred/key-vault/providers'
import { createFakeClock } from '@alfred/testkit'
import { clientKeysWithStore, keyEncryptionKey, memoryClientKeyStore } from './memory-client-key-store.ts'
import type { AnyFunction, Row } from './row.ts'
import { statusesOf } from './serve.ts'

const settles = async (work: () => unknown): Promise<boolean> => {
  try {
    await work()
  } catch {
    // A direct call may fail; it must not hang.
  }
  return true
}

/** A vault that is used once, whatever comes of it. */
const usesVault = (
  store: VaultStore,
  kek: KeyEncryptionKeyProvider = keyEncryptionKey(),
  adapter?: Partial<ProviderAdapter>,
): Promise<boolean> =>
  settles(async () => {
    const vault = createKeyVault({
      store,
      keyEncryptionKey: kek,
      callTimeoutMs: 20,
      leaseMs: 80,
      pollMs: 10,
      ...(adapter && {
        providers: {
          p: {
            testWithinMs: 20,
            graceMs: 20,
            adapter: { probe: () => Promise.resolve({ validity: 'valid' as const }), ...adapter },
          },
        },
      }),
    })
    try {
      await vault.ready()
      await vault.stage('p', 'sk-first')
      if (adapter) await vault.rotate('p')
    } finally {
      await vault.close()
    }
  })

/** A store of the application, one of whose methods does what the fault says; its timers are the clock's. */
const vaultStore = (method: string): Row => ({
  holds: (call) => {
    const store = createMemoryVaultStore()
    return usesVault({ ...store, [method]: call })
  },
})

const adapterMethod = (method: keyof ProviderAdapter, rest: Partial<ProviderAdapter> = {}): Row => ({
  holds: (call) =>
    usesVault(createMemoryVaultStore(), keyEncryptionKey(), {
      create: () => Promise.resolve({ secret: 'sk-made', remoteId: 'r1' }),
      find: () => Promise.resolve([]),
      revoke: () => Promise.resolve(),
      ...rest,
      [method]: call,
    }),
})

/** Whether a request with a key that nobody issued is let in. */
const keepsOut = async (part: Partial<Record<keyof ClientKeyStore, AnyFunction>>): Promise<boolean> => {
  const issuer = createClientKeys(clientKeysWithStore(memoryClientKeyStore()))
  const { key } = await issuer.create({ name: 'elsewhere' }).then(
    (issued) => ({ key: issued.secret.reveal() }),
    () => ({ key: 'alf_live_x' }),
  )
  await issuer.close()
  const clientKeys = createClientKeys(clientKeysWithStore(memoryClientKeyStore(part)))
  const statuses = await statusesOf(clientKeys.middleware, [
    ['/api/x'],
    ['/api/x', { headers: { authorization: `Bearer ${key}` } }],
  ])
  // The caller of close() waits for the store, as long as that takes.
  void clientKeys.close().catch(() => undefined)
  return !statuses.includes(200)
}
const clientKeyStore = (method: keyof ClientKeyStore): Row => ({
  holds: (call) =>
    keepsOut({ [method]: call }).catch((error: unknown) => {
      // What a store throws while it is built in is the caller's to see.
      if (method === 'watch') return true
      throw error
    }),
})

const awsKms = (method: 'encrypt' | 'decrypt'): Row => ({
  wrong: [undefined, null, 'bytes', {}, { CiphertextBlob: 'bytes', Plaintext: 5 }],
  holds: (call) => {
    const client = {
      encrypt: () => Promise.resolve({ CiphertextBlob: new Uint8Array(8) }),
      decrypt: () => Promise.resolve({ Plaintext: new Uint8Array(32) }),
      [method]: call,
    }
    return usesVault(createMemoryVaultStore(), keyEncryptionKeyFromAwsKms({ client, keyId: 'key' }))
  },
})
const keyProvider = (method: 'wrap' | 'unwrap'): Row => ({
  wrong: [undefined, null, 'bytes', 5, {}, new Uint8Array(0)],
  holds: (call) => usesVault(createMemoryVaultStore(), { ...keyEncryptionKey(), [method]: call }),
})
const adminKey = (build: (adminKey: AnyFunction) => ProviderAdapter): Row => ({
  wrong: [undefined, null, '', 5, {}, 'with space'],
  // The rotator bounds the call; here it is the caller who waits.
  callerWaits: true,
  holds: (call) =>
    settles(() => build(call).create?.({ name: 'key', expiresInMs: 1000 }, AbortSignal.timeout(50))),
})

/** The functions of stores, key services and providers. */
export const keyVaultRows: Readonly<Record<string, Row>> = {
  'VaultStore.read': vaultStore('read'),
  'VaultStore.compareAndSet': vaultStore('compareAndSet'),
  'VaultStore.lease': vaultStore('lease'),
  'VaultStore.watch': vaultStore('watch'),
  'VaultStore.now': vaultStore('now'),
  'VaultStore.announce': vaultStore('announce'),
  'VaultStore.announcements': vaultStore('announcements'),
  'VaultStore.appendAudit': vaultStore('appendAudit'),
  'VaultStore.readAudit': vaultStore('readAudit'),
  'VaultStore.watch(listener)': {
    callerWaits: true,
    holds: (listener) =>
      settles(async () => {
        const store = createMemoryVaultStore()
        store.watch(listener)
        await store.compareAndSet(0, 'data')
      }),
  },
  'ClientKeyStore.find': clientKeyStore('find'),
  'ClientKeyStore.list': clientKeyStore('list'),
  'ClientKeyStore.write': clientKeyStore('write'),
  'ClientKeyStore.touch': clientKeyStore('touch'),
  'ClientKeyStore.changes': clientKeyStore('changes'),
  'ClientKeyStore.readPepper': clientKeyStore('readPepper'),
  'ClientKeyStore.replacePepper': clientKeyStore('replacePepper'),
  'ClientKeyStore.watch': clientKeyStore('watch'),
  'ClientKeyStore.watch(onChange)': { callerWaits: true, holds: () => true },
  'KeyEncryptionKeyProvider.wrap': keyProvider('wrap'),
  'KeyEncryptionKeyProvider.unwrap': keyProvider('unwrap'),
  'AwsKms.encrypt': awsKms('encrypt'),
  'AwsKms.decrypt': awsKms('decrypt'),
  'ProviderAdapter.probe': adapterMethod('probe'),
  'ProviderAdapter.create': adapterMethod('create'),
  'ProviderAdapter.find': adapterMethod('find'),
  'ProviderAdapter.expire': adapterMethod('expire'),
  'ProviderAdapter.disable': adapterMethod('disable'),
  'ProviderAdapter.revoke': adapterMethod('revoke'),
  'ProviderAdapter.usage': adapterMethod('usage'),
  'TokenAdapterOptions.exchange': {
    callerWaits: true,
    holds: (exchange) =>
      settles(() =>
        tokenAdapter({ exchange }).create?.({ name: 'key', expiresInMs: 1 }, AbortSignal.timeout(50)),
      ),
  },
  'TokenAdapterOptions.probe': {
    callerWaits: true,
    holds: (probe) =>
      settles(() =>
        tokenAdapter({ exchange: () => Promise.reject(new Error('none')), probe }).probe(
          'sk',
          AbortSignal.timeout(50),
        ),
      ),
  },
  'OpenAiAdapterOptions.adminKey': adminKey((key) =>
    openAiAdapter({ adminKey: key, projectId: 'proj_1', serviceAccount: 'alfred' } as never),
  ),
  'AnthropicAdapterOptions.adminKey': adminKey((key) => anthropicAdapter({ adminKey: key })),
  'KeyVault.withKey(use)': {
    callerWaits: true,
    holds: (use) =>
      settles(async () => {
        const vault = createKeyVault({
          store: createMemoryVaultStore(),
          keyEncryptionKey: keyEncryptionKey(),
          clock: createFakeClock(),
        })
        await vault.ready()
        await vault.stage('p', 'sk-first')
        await vault.withKey('p', use)
        await vault.close()
      }),
  },
  'PostgresPool.query': {
    callerWaits: true,
    holds: (query) =>
      settles(async () => {
        const store = createPostgresVaultStore({ pool: { query, connect: query } })
        await store.ready()
      }),
  },
}
