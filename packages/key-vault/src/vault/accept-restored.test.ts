import { createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { keyEncryptionKeyFromBase64 } from '../key-encryption/key-encryption-key.ts'
import { createKeyVault } from '../key-vault.ts'
import { createMemoryVaultStore } from '../stores/memory-vault-store.ts'
import type { VaultStore } from '../stores/vault-store.ts'

/** A store with a replica, to which everything goes until it lags; `fail` makes the replica the store. */
function createReplicatedStore() {
  const [primary, replica] = [createMemoryVaultStore(), createMemoryVaultStore()]
  let active = primary
  let lags = false
  const both = async <T>(work: (store: VaultStore) => Promise<T>): Promise<T> => {
    if (active === primary && !lags) await work(replica)
    return work(active)
  }
  const store: VaultStore = {
    ...primary,
    read: () => active.read(),
    compareAndSet: (...call) => both((each) => each.compareAndSet(...call)),
    appendAudit: (...call) => both((each) => each.appendAudit(...call)),
    readAudit: (...call) => active.readAudit(...call),
  }
  return {
    store,
    lag: () => (lags = true),
    fail: () => (active = replica),
  }
}

it('goes on after a failover that lost the newest write, once it is accepted, without a restart', async () => {
  const { store, lag, fail } = createReplicatedStore()
  const clock = createFakeClock()
  const events = createEventBus(noopLogger)
  const told: string[] = []
  events.on('vault.rolled-back', () => told.push('rolled back'))
  events.on('vault.store-recovered', () => told.push('recovered'))
  const vault = createKeyVault({
    store,
    clock,
    events,
    keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64')),
  })
  onTestFinished(() => vault.close())
  await vault.ready()
  await vault.promote('openai', await vault.stage('openai', 'sk-1'))
  lag()
  await vault.stage('openai', 'sk-2')
  fail()
  for (let step = 0; step < 3; step++) {
    clock.advance(10_000)
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(told).toEqual(['rolled back'])
  expect(vault.get('openai').reveal()).toBe('sk-1')
  await expect(vault.stage('openai', 'sk-3')).rejects.toMatchObject({ code: 'ALFRED_VAULT_ROLLED_BACK' })

  await vault.acceptRestored()
  expect(told).toEqual(['rolled back', 'recovered'])
  await vault.promote('openai', await vault.stage('openai', 'sk-3'))
  expect(vault.get('openai').reveal()).toBe('sk-3')
  expect((await vault.audit.verify()).intact).toBe(true)
  expect((await vault.audit.read(0, 100)).map(({ action }) => action)).toContain('vault.restored')
})
