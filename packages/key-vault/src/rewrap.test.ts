import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClientKeysFixture, testKey } from '../test/client-keys-fixture.ts'
import { createMemoryClientKeyStore } from './client-keys/stores/memory-client-key-store.ts'
import {
  type KeyEncryptionKeyProvider,
  keyEncryptionKeyFromBase64,
  withPreviousKeys,
} from './key-encryption/key-encryption-key.ts'
import { createMemoryVaultStore } from './stores/memory-vault-store.ts'
import { createKeyVault } from './key-vault.ts'
import type { VaultStore } from './stores/vault-store.ts'

const oldKey = testKey
const newKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 9).toString('base64'))

const open = async (
  store: VaultStore,
  keyEncryptionKey: KeyEncryptionKeyProvider,
  clock = createFakeClock(),
) => {
  const vault = createKeyVault({ store, keyEncryptionKey, clock, rotate: false })
  onTestFinished(() => vault.close())
  await vault.ready()
  return vault
}

/** Keys of `count` providers, current and pending each. */
async function filled(count: number): Promise<VaultStore> {
  const store = createMemoryVaultStore()
  const vault = await open(store, oldKey)
  for (let index = 0; index < count; index++) {
    const provider = `provider-${String(index)}`
    await vault.promote(provider, await vault.stage(provider, `sk-${String(index)}`))
    await vault.stage(provider, `sk-${String(index)}-next`)
  }
  return store
}

describe('rewrap', () => {
  it('leaves nothing that the old key is needed for, the audit trail included', async () => {
    const store = await filled(3)
    const vault = await open(store, withPreviousKeys(newKey, oldKey))
    expect(await vault.rewrap()).toBe(6)
    expect(await vault.rewrap()).toBe(0)
    await expect(open(store, oldKey)).rejects.toMatchObject({ code: 'ALFRED_VAULT_WRONG_KEY' })

    const renewed = await open(store, newKey)
    for (let index = 0; index < 3; index++) {
      const provider = `provider-${String(index)}`
      expect(renewed.get(provider).reveal()).toBe(`sk-${String(index)}`)
      await renewed.promote(provider, 2)
      expect(renewed.get(provider).reveal()).toBe(`sk-${String(index)}-next`)
    }
    expect(await renewed.audit.verify()).toMatchObject({ intact: true })
    const { data } = await store.read()
    expect(data).not.toContain(oldKey.id)
  })

  it('goes on where it was cut off, while both keys are accepted', async () => {
    const store = await filled(80)
    const clock = createFakeClock()
    // Each wrap takes 20 ms, so a pass ends after some fifty; the process ends in the middle of the second.
    let wraps = 0
    const dying: KeyEncryptionKeyProvider = {
      ...newKey,
      wrap(dataKey, context) {
        wraps += 1
        clock.advance(20)
        return wraps > 100 ? Promise.reject(new Error('killed')) : newKey.wrap(dataKey, context)
      },
    }
    const first = await open(store, withPreviousKeys(dying, oldKey), clock)
    await expect(first.rewrap()).rejects.toMatchObject({ code: 'ALFRED_VAULT_KEY_PROVIDER_FAILED' })

    const second = await open(store, withPreviousKeys(newKey, oldKey))
    expect(second.get('provider-0').reveal()).toBe('sk-0')
    expect(second.get('provider-79').reveal()).toBe('sk-79')
    const left = await second.rewrap()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(160)
    const renewed = await open(store, newKey)
    for (const index of [0, 40, 79]) {
      expect(renewed.get(`provider-${String(index)}`).reveal()).toBe(`sk-${String(index)}`)
    }
  })

  it('does not get in the way of other instances that write meanwhile', async () => {
    const store = await filled(3)
    const [one, other] = await Promise.all([
      open(store, withPreviousKeys(newKey, oldKey)),
      open(store, withPreviousKeys(newKey, oldKey)),
    ])
    await Promise.all([one.rewrap(), other.promote('provider-1', 2), other.stage('provider-2', 'sk-more')])
    await one.rewrap()
    const renewed = await open(store, newKey)
    expect(renewed.get('provider-1').reveal()).toBe('sk-1-next')
    expect(renewed.report()['provider-2']?.versions).toHaveLength(3)
  })

  it('of client keys encrypts the pepper anew', async () => {
    const shared = createMemoryClientKeyStore()
    const { secret } = await createClientKeysFixture({}, shared).clientKeys.create({ name: 'a' })
    const both = createClientKeysFixture({ keyEncryptionKey: withPreviousKeys(newKey, oldKey) }, shared)
    expect(await both.clientKeys.rewrap()).toBe(true)
    expect(await both.clientKeys.rewrap()).toBe(false)
    const renewed = createClientKeysFixture({ keyEncryptionKey: newKey }, shared)
    expect(await renewed.clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
    await expect(createClientKeysFixture({}, shared).clientKeys.ready()).rejects.toMatchObject({
      code: 'ALFRED_VAULT_WRONG_KEY',
    })
  })
})

describe('the audit trail of a vault', () => {
  it('notes every change of a stage, by whom and with what end', async () => {
    const store = createMemoryVaultStore()
    const vault = createKeyVault({ store, keyEncryptionKey: oldKey, actor: 'deploy', rotate: false })
    await vault.ready()
    await vault.promote('openai', await vault.stage('openai', 'sk-first'))
    await vault.promote('openai', await vault.stage('openai', 'sk-second'))
    await vault.revoke('openai', 1, { confirmed: true })
    const entries = await vault.audit.read(1, 100)
    expect(entries.every(({ actor, subject }) => actor === 'deploy' && subject === 'openai')).toBe(true)
    expect(entries.filter(({ outcome }) => outcome === 'done')).toHaveLength(5)
    expect(entries.flatMap(({ details }) => (details ? [details] : []))).toEqual([
      { revision: 1, 'version 1': 'pending' },
      { revision: 2, 'version 1': 'pending → current' },
      { revision: 3, 'version 2': 'pending' },
      { revision: 4, 'version 1': 'current → previous', 'version 2': 'pending → current' },
      { revision: 5, 'version 1': 'previous → revoked' },
    ])
    expect(JSON.stringify(entries)).not.toContain('sk-')
    expect(await vault.audit.verify()).toMatchObject({ intact: true })
  })

  it('that cannot be written stops changes, and reads go on', async () => {
    const behind = createMemoryVaultStore()
    let isAway = false
    const store: VaultStore = {
      ...behind,
      appendAudit: (expected, entries) =>
        isAway ? Promise.reject(new Error('disk full')) : behind.appendAudit(expected, entries),
    }
    const vault = await open(store, oldKey)
    await vault.promote('openai', await vault.stage('openai', 'sk-first'))
    isAway = true
    const before = await store.read()
    for (const change of [vault.stage('openai', 'sk-second'), vault.revoke('openai', 1, { force: true })]) {
      await expect(change).rejects.toMatchObject({ code: 'ALFRED_VAULT_AUDIT_UNAVAILABLE' })
    }
    expect(await store.read()).toEqual(before)
    await vault.refresh()
    expect(vault.get('openai').reveal()).toBe('sk-first')
    isAway = false
    await vault.stage('openai', 'sk-second')
    expect(await vault.audit.verify()).toMatchObject({ intact: true })
  })
})
