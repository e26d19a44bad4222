import { inspect } from 'node:util'
import {
  type AlfredErrorCode,
  type AlfredErrorDetails,
  createEventBus,
  type Logger,
  noopLogger,
} from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  keyEncryptionKeyFromBase64,
  type KeyEncryptionKeyProvider,
} from './key-encryption/key-encryption-key.ts'
import { createMemoryVaultStore } from './stores/memory-vault-store.ts'
import { createKeyVault, type KeyVault } from './key-vault.ts'
import type { KeyVaultOptions } from './vault/vault-options.ts'
import type { VaultStore } from './stores/vault-store.ts'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))

async function open(options: Partial<KeyVaultOptions> = {}): Promise<KeyVault> {
  const vault = createKeyVault({ store: createMemoryVaultStore(), keyEncryptionKey, ...options })
  onTestFinished(() => vault.close())
  await vault.ready()
  return vault
}

async function rotate(vault: KeyVault, secret: string, provider = 'openai'): Promise<number> {
  const version = await vault.stage(provider, secret)
  await vault.promote(provider, version)
  return version
}

const failure = <Code extends AlfredErrorCode>(code: Code, ...details: AlfredErrorDetails[Code][]): unknown =>
  expect.objectContaining({ code, ...(details[0] && { details: details[0] }) })

it('serves the current key through a rotation, a rollback and a revocation', async () => {
  const vault = await open()
  expect(() => vault.get('openai')).toThrow(failure('ALFRED_VAULT_KEY_NOT_FOUND', { provider: 'openai' }))
  const first = await vault.stage('openai', 'sk-1')
  expect(() => vault.get('openai')).toThrow(failure('ALFRED_VAULT_KEY_NOT_FOUND'))
  await vault.promote('openai', first)
  expect(vault.get('openai').reveal()).toBe('sk-1')
  const second = await rotate(vault, 'sk-2')
  expect([vault.get('openai').reveal(), vault.get('openai').version]).toEqual(['sk-2', second])
  expect(await vault.rollback('openai')).toBe(first)
  expect(vault.get('openai').reveal()).toBe('sk-1')
  expect(await vault.revoke('openai', second, { confirmed: true })).toBe('revoked')
  expect(vault.report()['openai']?.versions.map(({ stage }) => stage)).toEqual(['current', 'revoked'])
})

it('keeps providers apart', async () => {
  const vault = await open()
  await rotate(vault, 'sk-o')
  await rotate(vault, 'sk-a', 'anthropic')
  await rotate(vault, 'sk-c', 'constructor')
  expect(['openai', 'anthropic', 'constructor'].map((provider) => vault.get(provider).reveal())).toEqual([
    'sk-o',
    'sk-a',
    'sk-c',
  ])
  expect(() => vault.get('toString')).toThrow(failure('ALFRED_VAULT_KEY_NOT_FOUND'))
})

it('gives the same secret until it changes', async () => {
  const vault = await open()
  await rotate(vault, 'sk-1')
  const secret = vault.get('openai')
  await vault.refresh()
  await rotate(vault, 'sk-a', 'anthropic')
  expect(vault.get('openai')).toBe(secret)
})

it('gives SDKs a function that waits for the vault and follows rotations', async () => {
  const store = createMemoryVaultStore()
  await rotate(await open({ store }), 'sk-1')
  const vault = createKeyVault({ store, keyEncryptionKey })
  const apiKey = vault.apiKey('openai')
  expect(await apiKey()).toBe('sk-1')
  await rotate(vault, 'sk-2')
  expect(await apiKey()).toBe('sk-2')
})

describe('leases', () => {
  it('keep a version from being revoked until all are released', async () => {
    const vault = await open()
    const first = await rotate(vault, 'sk-1')
    const lease = vault.lease('openai')
    const other = vault.lease('openai')
    await rotate(vault, 'sk-2')
    expect(lease.secret.reveal()).toBe('sk-1')
    await expect(vault.revoke('openai', first)).rejects.toEqual(
      failure('ALFRED_VAULT_KEY_IN_USE', { provider: 'openai', version: first, leases: 2 }),
    )
    lease.release()
    lease.release()
    await expect(vault.revoke('openai', first)).rejects.toEqual(failure('ALFRED_VAULT_KEY_IN_USE'))
    expect(vault.report()['openai']?.versions[0]?.leases).toBe(1)
    other[Symbol.dispose]()
    await vault.revoke('openai', first)
    expect(vault.report()['openai']?.versions[0]).toMatchObject({ stage: 'revocation-due', leases: 0 })
  })

  it('give way to force', async () => {
    const vault = await open()
    const version = await rotate(vault, 'sk-1')
    const lease = vault.lease('openai')
    await vault.revoke('openai', version, { force: true })
    expect(() => vault.get('openai')).toThrow(failure('ALFRED_VAULT_KEY_NOT_FOUND'))
    expect(lease.secret.reveal()).toBe('sk-1')
  })
})

it('reports stages and times and nothing of the keys', async () => {
  const clock = createFakeClock(Date.UTC(2026, 0, 1))
  const vault = await open({ clock })
  await rotate(vault, 'sk-canary-1')
  clock.advance(1000)
  await rotate(vault, 'sk-canary-2')
  const at = Date.UTC(2026, 0, 1) + 1000
  const unknown = { keyName: undefined, remoteId: undefined, expiresAt: undefined, lastErrorCode: undefined }
  expect(vault.report()).toEqual({
    openai: {
      state: 'ok',
      valid: false,
      validity: 'unknown',
      checkedAt: undefined,
      usage: undefined,
      lastRotated: at,
      nextRotation: undefined,
      pool: 0,
      lastErrorCode: undefined,
      current: 2,
      versions: [
        { version: 1, stage: 'previous', since: at, leases: 0, ...unknown },
        { version: 2, stage: 'current', since: at, leases: 0, ...unknown },
      ],
    },
  })
})

it('opens many secrets at once where a key service takes its time', async () => {
  const store = createMemoryVaultStore()
  const first = await open({ store })
  for (let n = 0; n < 40; n++) {
    await first.promote(
      `provider-${String(n)}`,
      await first.stage(`provider-${String(n)}`, `sk-${String(n)}`),
    )
  }
  let [waiting, most] = [0, 0]
  const slow: KeyEncryptionKeyProvider = {
    ...keyEncryptionKey,
    async unwrap(...call) {
      waiting += 1
      most = Math.max(most, waiting)
      await new Promise((resolve) => setImmediate(resolve))
      waiting -= 1
      return keyEncryptionKey.unwrap(...call)
    },
  }
  const second = await open({ store, keyEncryptionKey: slow })
  expect(second.get('provider-39').reveal()).toBe('sk-39')
  expect(most).toBe(32)
})

it('tells of every change, its own or another process', async () => {
  const store = createMemoryVaultStore()
  const seen: [string, unknown][] = []
  const events = createEventBus(noopLogger)
  events.on('vault.key-changed', (event) => seen.push(['own', event]))
  const otherEvents = createEventBus(noopLogger)
  otherEvents.on('vault.key-changed', (event) => seen.push(['other', event]))
  const vault = await open({ store, events })
  const other = await open({ store, events: otherEvents })
  await rotate(vault, 'sk-1')
  await other.refresh()
  expect(other.get('openai').reveal()).toBe('sk-1')
  await other.refresh()
  const of = (name: string) => seen.filter(([who]) => who === name).map(([, event]) => event)
  const changes = [
    { provider: 'openai', version: 1, stage: 'pending' },
    { provider: 'openai', version: 1, stage: 'current' },
  ]
  expect(of('own')).toEqual(changes)
  // The other one may have looked in between.
  expect([changes, changes.slice(1)]).toContainEqual(of('other'))
})

it('holds a key once', async () => {
  const vault = await open()
  const first = await rotate(vault, 'sk-1')
  expect(await vault.stage('openai', 'sk-1')).toBe(first)
  await rotate(vault, 'sk-2')
  await expect(vault.stage('openai', 'sk-1')).rejects.toEqual(
    failure('ALFRED_VAULT_WRONG_STAGE', {
      provider: 'openai',
      version: first,
      stage: 'previous',
      accepted: ['pending', 'tested', 'current'],
    }),
  )
})

it('loses no change of several writers', async () => {
  const store = createMemoryVaultStore()
  const vaults = await Promise.all([open({ store }), open({ store }), open({ store })])
  const versions = await Promise.all(
    vaults.flatMap((vault, index) =>
      ['a', 'b', 'c'].map((secret) => vault.stage('openai', secret + String(index))),
    ),
  )
  expect([...versions].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('promotes one version when several are promoted at once', async () => {
  const store = createMemoryVaultStore()
  const vaults = await Promise.all([open({ store }), open({ store }), open({ store })])
  const version = await vaults[0].stage('openai', 'sk-1')
  const done = await Promise.allSettled(vaults.map((vault) => vault.promote('openai', version)))
  expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
})

it('gives up with a conflict when others are always first', async () => {
  const store: VaultStore = { ...createMemoryVaultStore(), compareAndSet: () => Promise.resolve(false) }
  await expect((await open({ store })).stage('openai', 'sk-1')).rejects.toEqual(
    failure('ALFRED_VAULT_CONFLICT'),
  )
})

describe('a store that was interfered with', () => {
  /** A store whose next reads are changed by `change`. */
  async function interfered(
    change: (data: string, revision: number) => { data?: string; revision?: number },
    options: Partial<KeyVaultOptions> = {},
  ): Promise<KeyVault> {
    const inner = createMemoryVaultStore()
    const writer = await open({ store: inner })
    await rotate(writer, 'sk-1')
    await rotate(writer, 'sk-2')
    await rotate(writer, 'sk-a', 'anthropic')
    const store: VaultStore = {
      ...inner,
      async read() {
        const { data = '', revision } = await inner.read()
        return { data, revision, ...change(data, revision) }
      },
    }
    return createKeyVault({ store, keyEncryptionKey, ...options })
  }

  it.each<[string, (data: string, revision: number) => { data?: string; revision?: number }]>([
    ['an edited stage', (data) => ({ data: data.replace('"previous"', '"current"') })],
    ['an edited time', (data) => ({ data: data.replace(/"since":\d+/, '"since":1') })],
    ['a swapped provider', (data) => ({ data: data.replace('"openai"', '"openal"') })],
    ['another revision', (_data, revision) => ({ revision: revision + 1 })],
    ['half of it', (data) => ({ data: data.slice(0, data.length / 2) })],
    ['nothing', () => ({ data: '' })],
    ['no seal', (data) => ({ data: data.slice(data.indexOf('\n') + 1) })],
    ['an empty seal', (data) => ({ data: `{}${data.slice(data.indexOf('\n'))}` })],
    ['another layout', (data) => ({ data: data.replace('"schema":1', '"schema":2') })],
    ['another code', (data) => ({ data: data.replace(/"mac":"[^"]*"/, '"mac":"AAAA"') })],
  ])('is refused: %s', async (_name, change) => {
    const vault = await interfered(change)
    await expect(vault.ready()).rejects.toEqual(failure('ALFRED_VAULT_TAMPERED'))
    expect(() => vault.get('openai')).toThrow(failure('ALFRED_VAULT_NOT_READY'))
  })

  it.each<[string, Partial<KeyVaultOptions>, AlfredErrorCode]>([
    [
      'another key-encryption key',
      { keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 2).toString('base64')) },
      'ALFRED_VAULT_WRONG_KEY',
    ],
    ['another tenant', { tenant: 'other' }, 'ALFRED_VAULT_TAMPERED'],
  ])('is refused under %s', async (_name, options, code) => {
    await expect((await interfered(() => ({}), options)).ready()).rejects.toEqual(failure(code))
  })

  it('is refused when it goes back, and the keys known so far stay', async () => {
    const inner = createMemoryVaultStore()
    const old: { data: string | undefined; revision: number }[] = []
    let back = false
    const store: VaultStore = {
      ...inner,
      async read() {
        const snapshot = await inner.read()
        old.push(snapshot)
        return back ? (old[3] ?? snapshot) : snapshot
      },
    }
    const vault = await open({ store })
    await rotate(vault, 'sk-1')
    await rotate(vault, 'sk-2')
    back = true
    await expect(vault.refresh()).rejects.toEqual(
      failure('ALFRED_VAULT_ROLLED_BACK', { revision: 1, minRevision: 4 }),
    )
    expect(vault.get('openai').reveal()).toBe('sk-2')
  })
})

describe('outages', () => {
  const outage = new Error('down')

  it('of the store at the start are over when it is back', async () => {
    const inner = createMemoryVaultStore()
    await rotate(await open({ store: inner }), 'sk-1')
    let down = true
    const store: VaultStore = { ...inner, read: () => (down ? Promise.reject(outage) : inner.read()) }
    const vault = createKeyVault({ store, keyEncryptionKey })
    await expect(vault.ready()).rejects.toBe(outage)
    down = false
    await vault.ready()
    expect(vault.get('openai').reveal()).toBe('sk-1')
  })

  it('of the key provider leave reads and a rollback possible', async () => {
    let down = false
    const provider: KeyEncryptionKeyProvider = {
      id: 'kms:1',
      wrap: (...args) => (down ? Promise.reject(outage) : keyEncryptionKey.wrap(...args)),
      unwrap: (...args) => (down ? Promise.reject(outage) : keyEncryptionKey.unwrap(...args)),
    }
    const store = createMemoryVaultStore()
    const writer = await open({ store, keyEncryptionKey: provider })
    await rotate(writer, 'sk-1')
    await rotate(writer, 'sk-2')
    const vault = await open({ store, keyEncryptionKey: provider })
    down = true
    await expect(vault.stage('openai', 'sk-3')).rejects.toEqual(failure('ALFRED_VAULT_KEY_PROVIDER_FAILED'))
    expect(vault.get('openai').reveal()).toBe('sk-2')
    await vault.rollback('openai')
    expect(vault.get('openai').reveal()).toBe('sk-1')
  })
})

it('does nothing more once closed', async () => {
  const vault = await open()
  await rotate(vault, 'sk-1')
  const apiKey = vault.apiKey('openai')
  await vault.close()
  const closed = failure('ALFRED_LIFECYCLE_CLOSED')
  expect(() => vault.get('openai')).toThrow(closed)
  expect(() => vault.report()).toThrow(closed)
  await expect(vault.stage('openai', 'sk-2')).rejects.toEqual(closed)
  await expect(vault.refresh()).rejects.toEqual(closed)
  await expect(apiKey()).rejects.toEqual(closed)
  await vault.close()
})

it('asks to be read first', () => {
  const vault = createKeyVault({ store: createMemoryVaultStore(), keyEncryptionKey })
  for (const use of [() => vault.get('openai'), () => vault.lease('openai'), () => vault.report()]) {
    expect(use).toThrow(failure('ALFRED_VAULT_NOT_READY'))
  }
})

it('names refused options', () => {
  expect(() =>
    createKeyVault({ stor: {}, keyEncryptionKey: { id: '', wrap: 1 }, tenant: 'A B' } as never),
  ).toThrow(
    /vault\.stor:.*"store"[\s\S]*vault\.keyEncryptionKey:[\s\S]*vault\.tenant:[\s\S]*vault\.store: is required/,
  )
})

describe('the leak canary', () => {
  const canary = 'sk-canary-4f9a1c'
  const shapes = (value: unknown): string =>
    [
      inspect(value, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(value),
      value instanceof Error ? `${value.message} ${String(value.stack)} ${inspect(value.cause)}` : '',
    ].join('\n')

  it('is not in a secret, a lease, the vault or its report', async () => {
    const vault = await open()
    await rotate(vault, canary)
    const secret = vault.get('openai')
    using lease = vault.lease('openai')
    for (const value of [
      secret,
      lease,
      vault,
      vault.report(),
      { nested: [secret] },
      new Map([['key', secret]]),
    ]) {
      expect(shapes(value)).not.toContain(canary)
    }
    expect([String(secret), secret.toString(), JSON.stringify({ secret })]).toEqual([
      '[secret]',
      '[secret]',
      '{"secret":"[secret]"}',
    ])
    expect(Object.values(secret)).not.toContain(canary)
    expect(() => structuredClone(secret)).toThrow()
  })

  it('is not in the store, the log or the events', async () => {
    const lines: unknown[] = []
    const log = (...entry: unknown[]): number => lines.push(entry)
    const logger: Logger = { debug: log, info: log, warn: log, error: log }
    const events = createEventBus(noopLogger)
    events.on('vault.key-changed', (event) => lines.push(event))
    const store = createMemoryVaultStore()
    const vault = await open({ store, logger, events })
    await rotate(vault, canary)
    await rotate(vault, 'sk-2')
    await vault.rollback('openai')
    expect(lines.length).toBeGreaterThan(4)
    expect(shapes(lines)).not.toContain(canary)
    const { data } = await store.read()
    expect(data).not.toContain(canary)
    expect(data).not.toContain(Buffer.from(canary).toString('base64').slice(0, 16))
  })

  it.each<[string, (vault: KeyVault) => unknown]>([
    ['a key with a line end', (vault) => vault.stage('openai', `${canary}\n`)],
    ['a bad provider name', (vault) => vault.stage('Open AI', canary)],
    ['an unknown version', (vault) => vault.promote('openai', 99)],
    ['the current version revoked', (vault) => vault.revoke('openai', 1)],
    ['promoted twice', (vault) => vault.promote('openai', 1)],
  ])('is not in the error of %s', async (_name, act) => {
    const vault = await open()
    await rotate(vault, canary)
    let thrown: unknown
    try {
      await act(vault)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(Error)
    expect(shapes(thrown)).not.toContain(canary)
  })
})
