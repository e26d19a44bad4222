import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AlfredError } from '@alfred/core'
import { afterEach, describe, expect, it } from 'vitest'
import { acceptRestoredVault } from './vault/accept-restored-vault.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { createClientKeys } from './client-keys/client-keys.ts'
import { createMemoryClientKeyStore } from './client-keys/stores/memory-client-key-store.ts'
import { createFileVaultStore } from './stores/file/file-vault-store.ts'
import { keyEncryptionKeyFromBase64 } from './key-encryption/key-encryption-key.ts'
import { createMemoryVaultStore } from './stores/memory-vault-store.ts'
import { createKeyVault, type KeyVault } from './key-vault.ts'
import type { KeyVaultOptions } from './vault/vault-options.ts'
import type { VaultStore } from './stores/vault-store.ts'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function openVault(store: VaultStore, options: Partial<KeyVaultOptions> = {}): Promise<KeyVault> {
  const vault = createKeyVault({ store, keyEncryptionKey, ...options })
  opened.push(vault)
  await vault.ready()
  return vault
}

async function rotate(vault: KeyVault, secret: string): Promise<void> {
  await vault.promote('openai', await vault.stage('openai', secret))
}

const rolledBack = { code: 'ALFRED_VAULT_ROLLED_BACK' }

it('takes the first writes of another process, while it opens, for no loss of the trail', async () => {
  const store = createMemoryVaultStore()
  const other = await openVault(store)
  let isFirst = true
  const late: VaultStore = {
    ...store,
    // The trail has been read by then, and was empty.
    read: async () => {
      if (isFirst) await rotate(other, 'sk-first')
      isFirst = false
      return store.read()
    },
  }
  expect((await openVault(late)).get('openai').reveal()).toBe('sk-first')
})

describe('a vault that was put back to an older copy of itself', () => {
  /** What somebody who writes to the store may put back. */
  interface Copy {
    readonly data: string | undefined
    readonly revision: number
    readonly entries: readonly string[]
  }
  const copyOf = async (store: VaultStore): Promise<Copy> => ({
    ...(await store.read()),
    entries: (await store.readAudit(0, 1000)).entries,
  })
  /** A store with the document of one time and the trail of another. */
  async function put(document: Copy, trail: Copy): Promise<VaultStore> {
    const store = createMemoryVaultStore()
    for (let revision = 0; revision < document.revision; revision++) {
      await store.compareAndSet(revision, document.data ?? '')
    }
    await store.appendAudit(0, trail.entries)
    return store
  }
  async function twoTimes() {
    const store = createMemoryVaultStore()
    const vault = await openVault(store)
    await rotate(vault, 'sk-first')
    const before = await copyOf(store)
    await rotate(vault, 'sk-second')
    return { before, after: await copyOf(store), head: await vault.audit.head() }
  }

  it.each([
    ['nothing', 'after', 'after', false, false],
    ['the document', 'before', 'after', false, true],
    ['the document, and a head is kept', 'before', 'after', true, true],
    ['the trail, and a head is kept', 'after', 'before', true, true],
    ['both, and a head is kept', 'before', 'before', true, true],
    // Nothing in the store tells it: this is what the head is for.
    ['both, and no head is kept', 'before', 'before', false, false],
  ] as const)('is noticed at the start: %s', async (_what, document, trail, isKept, isNoticed) => {
    const times = await twoTimes()
    const store = await put(times[document], times[trail])
    const opening = openVault(store, isKept ? { auditHead: times.head } : {})
    if (isNoticed) await expect(opening).rejects.toMatchObject(rolledBack)
    else expect((await opening).get('openai').reveal()).toBe(document === 'after' ? 'sk-second' : 'sk-first')
  })

  it('is noticed when its trail was removed', async () => {
    const { after } = await twoTimes()
    await expect(openVault(await put(after, { ...after, entries: [] }))).rejects.toMatchObject(rolledBack)
  })

  it('is noticed behind any number of entries about other things', async () => {
    const { before, after } = await twoTimes()
    const store = await put(before, after)
    const audit = createAuditLog({ store, keyEncryptionKey })
    for (let index = 0; index < 100; index++) {
      await audit.record({ action: 'client-key.rotate', subject: 'key' }, () => Promise.resolve())
    }
    await expect(openVault(store)).rejects.toMatchObject(rolledBack)
  })

  it('is not opened when the end of the trail was altered', async () => {
    const { before, after } = await twoTimes()
    const entries = after.entries.map((line, index) =>
      index === after.entries.length - 2 ? line.replace(/"revision":\d+/, '"revision":1') : line,
    )
    await expect(openVault(await put(before, { ...after, entries }))).rejects.toMatchObject({
      code: 'ALFRED_VAULT_TAMPERED',
    })
  })

  it('opens when the first change was cut off before its end was noted', async () => {
    const store = createMemoryVaultStore()
    let appended = 0
    const cut: VaultStore = {
      ...store,
      appendAudit: (expected, lines) =>
        ++appended > 2 ? Promise.reject(new Error('killed')) : store.appendAudit(expected, lines),
    }
    const vault = await openVault(cut)
    await expect(vault.stage('openai', 'sk-first')).rejects.toMatchObject({
      code: 'ALFRED_VAULT_AUDIT_UNAVAILABLE',
    })
    expect((await openVault(store)).report()['openai']?.versions).toHaveLength(1)
  })

  it('opens while the trail cannot be read, and is compared once it can', async () => {
    const { before, after } = await twoTimes()
    const store = await put(before, after)
    let isAway = true
    const vault = await openVault({
      ...store,
      readAudit: (...args) =>
        isAway
          ? Promise.reject(new AlfredError('ALFRED_STORE_UNAVAILABLE', 'away', { store: 'vault' }))
          : store.readAudit(...args),
    })
    expect(vault.get('openai').reveal()).toBe('sk-first')
    isAway = false
    await expect(vault.refresh()).rejects.toMatchObject(rolledBack)
  })

  it('opens once it was accepted, and goes on from there', async () => {
    const { before, after } = await twoTimes()
    const store = await put(before, after)
    expect(await acceptRestoredVault({ store, keyEncryptionKey, actor: 'ada' })).toBe(before.revision)
    const vault = await openVault(store)
    expect(vault.get('openai').reveal()).toBe('sk-first')
    await rotate(vault, 'sk-third')
    expect((await openVault(store)).get('openai').reveal()).toBe('sk-third')
    expect((await vault.audit.verify()).intact).toBe(true)
  })

  it('is noticed as a file, which stays as it was put', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollback-'))
    const path = join(folder, 'keys.vault')
    try {
      const vault = await openVault(createFileVaultStore({ path }))
      await rotate(vault, 'sk-first')
      await cp(path, join(folder, 'copy'))
      await rotate(vault, 'sk-second')
      await vault.close()
      for (const name of await readdir(folder)) {
        if (name.startsWith('keys.vault.r')) await rm(join(folder, name))
      }
      await cp(join(folder, 'copy'), path)
      const putBack = await readFile(path, 'utf8')
      await expect(openVault(createFileVaultStore({ path }))).rejects.toMatchObject(rolledBack)
      expect(await readFile(path, 'utf8')).toBe(putBack)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe("a client key's record that was put back to an older one", () => {
  async function revokedAndPutBack() {
    const store = createMemoryClientKeyStore()
    const audit = createAuditLog({ store: createMemoryVaultStore(), keyEncryptionKey })
    const open = () => {
      const clientKeys = createClientKeys({ store: kept, keyEncryptionKey, audit })
      opened.push(clientKeys)
      return clientKeys
    }
    const row: { putBack?: Awaited<ReturnType<typeof store.find>> } = {}
    const kept: typeof store = {
      ...store,
      find: async (id) => (row.putBack?.id === id ? row.putBack : store.find(id)),
      // Everything may have changed: nothing is remembered.
      changes: async (position) => ({ ...(await store.changes(position)), ids: undefined }),
      // It outlives the processes that use it.
      close: () => Promise.resolve(),
    }
    const clientKeys = open()
    const { key, secret } = await clientKeys.create({ name: 'leaked' })
    const other = await clientKeys.create({ name: 'other' })
    const before = await store.find(key.id)
    await clientKeys.revoke(key.id)
    expect((await clientKeys.verify(secret.reveal())).valid).toBe(false)
    row.putBack = before
    return { open, clientKeys, id: key.id, text: secret.reveal(), other: other.secret.reveal(), audit }
  }

  it('is refused after a restart, and the other keys are not', async () => {
    const { open, id, text, other } = await revokedAndPutBack()
    const clientKeys = open()
    await clientKeys.ready()
    await expect.poll(async () => (await clientKeys.verify(text)).valid).toBe(false)
    expect((await clientKeys.verify(other)).valid).toBe(true)
    await expect(clientKeys.rotate(id)).rejects.toMatchObject(rolledBack)
  })

  it('is refused by the process that saw the newer one', async () => {
    const { clientKeys, text } = await revokedAndPutBack()
    await clientKeys.ping()
    expect((await clientKeys.verify(text)).valid).toBe(false)
  })

  it('is accepted once somebody said so', async () => {
    const { open, text } = await revokedAndPutBack()
    const accepting = open()
    await accepting.ready()
    await accepting.acceptRestored({ actor: 'ada' })
    const clientKeys = open()
    await clientKeys.ready()
    expect((await clientKeys.verify(text)).valid).toBe(true)
  })
})
