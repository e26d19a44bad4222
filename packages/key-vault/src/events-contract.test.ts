import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { AlfredError, type EventBus } from '@alfred/core'
import { createFakeClock, eventContract, type FakeClock } from '@alfred/testkit'
import {
  createClientKeysFixture,
  type ClientKeysFixture,
  pass,
  settle,
  testKey,
} from '../test/client-keys-fixture.ts'
import { createScriptedProvider, refused, type ScriptedProvider } from '../test/scripted-provider.ts'
import { createKeyVault, createMemoryVaultStore, type KeyVault } from './index.ts'
import { createMemoryClientKeyStore } from './client-keys.ts'
import type { ProviderAdapter, ProviderPolicy } from './providers.ts'

const minute = 60_000
const day = 86_400_000

interface Scene {
  readonly vault: KeyVault
  readonly provider: ScriptedProvider
  readonly clock: FakeClock
  /** Moves time on in so many steps, and lets what came due be done. */
  readonly pass: (steps: number, stepMs: number) => Promise<void>
}

/** Runs a scene with one provider whose keys rotate. */
async function rotate(
  events: EventBus,
  act: (scene: Scene) => Promise<unknown>,
  policy: Partial<ProviderPolicy> = {},
  leaveOut: readonly (keyof ProviderAdapter)[] = ['disable'],
): Promise<void> {
  const clock = createFakeClock()
  const provider = createScriptedProvider(leaveOut)
  const vault = createKeyVault({
    store: createMemoryVaultStore({ clock }),
    keyEncryptionKey: testKey,
    clock,
    events,
    providers: { openai: { adapter: provider.adapter, jitter: 0, ...policy } },
  })
  await vault.ready()
  const move = async (steps: number, stepMs: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      clock.advance(stepMs)
      for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await act({ vault, provider, clock, pass: move })
  await vault.close()
}

const away = new AlfredError('ALFRED_STORE_UNAVAILABLE', 'away', { store: 'vault' })
const rolledBack = new AlfredError('ALFRED_VAULT_ROLLED_BACK', 'older', { revision: 1 })

/** Opens a vault whose store fails for ten seconds. */
async function loseStore(events: EventBus, error: AlfredError): Promise<void> {
  const clock = createFakeClock()
  const store = createMemoryVaultStore({ clock })
  let isAway = false
  const read = (): ReturnType<typeof store.read> => (isAway ? Promise.reject(error) : store.read())
  const vault = createKeyVault({ store: { ...store, read }, keyEncryptionKey: testKey, clock, events })
  await vault.ready()
  for (const away of [true, false]) {
    isAway = away
    clock.advance(10_000)
    await settle()
  }
  await vault.close()
}

/** Runs a scene with one client key. */
async function useKeys(
  events: EventBus,
  act: (fixture: ClientKeysFixture, secret: string, id: string) => Promise<unknown>,
): Promise<void> {
  const store = createMemoryClientKeyStore()
  const fixture = createClientKeysFixture({ events, outageGraceMs: minute }, store)
  const { key, secret } = await fixture.clientKeys.create({ name: 'a' })
  await act(fixture, secret.reveal(), key.id)
}

/** Asks for a key that is not remembered while the store is away. */
async function outage(fixture: ClientKeysFixture, secret: string): Promise<ClientKeysFixture> {
  const process = fixture.other()
  process.store.fault = 'refuses'
  const verdict = process.clientKeys.verify(secret)
  process.clock.advance(1000)
  await verdict
  return process
}

eventContract<'client-key' | 'vault'>({
  'vault.key-changed': {
    event: { provider: 'openai', stage: 'pending', version: 1 },
    cause: (events) => rotate(events, ({ vault }) => vault.stage('openai', 'sk-1')),
  },
  'vault.rotated': {
    event: { provider: 'openai', version: 1 },
    cause: (events) => rotate(events, ({ vault }) => vault.rotate('openai')),
  },
  'vault.rotation-failed': {
    event: { provider: 'openai', reason: 'rate_limit_exceeded' },
    cause: (events) =>
      rotate(events, async ({ vault, provider }) => {
        provider.failNext('create', { error: refused('rate_limit_exceeded', 429) })
        await vault.rotate('openai').catch((error: unknown) => error)
      }),
  },
  'vault.rotation-due': {
    event: { provider: 'openai', pool: 0 },
    cause: (events) =>
      rotate(
        events,
        async ({ vault, provider, pass: move }) => {
          provider.keys.set('1', { name: '', secret: 'sk-1', enabled: true, expiresInMs: Infinity })
          await vault.stage('openai', 'sk-1')
          await move(4 * 20, day / 4)
        },
        { rotateEveryMs: 30 * day },
        ['create', 'find', 'expire'],
      ),
  },
  'vault.key-valid': {
    event: { provider: 'openai', version: 1 },
    cause: (events) => rotate(events, ({ pass: move }) => move(10, minute)),
  },
  'vault.key-invalid': {
    event: { provider: 'openai', version: 1 },
    cause: (events) =>
      rotate(events, async ({ provider, pass: move }) => {
        await move(10, minute)
        for (const key of provider.keys.values()) key.enabled = false
        await move(8 * 60, minute)
      }),
  },
  'vault.store-unavailable': {
    event: { code: 'ALFRED_STORE_UNAVAILABLE' },
    cause: (events) => loseStore(events, away),
  },
  'vault.rolled-back': {
    event: { code: 'ALFRED_VAULT_ROLLED_BACK' },
    cause: (events) => loseStore(events, rolledBack),
  },
  'vault.store-recovered': {
    event: { outageMs: 10_000 },
    cause: (events) => loseStore(events, away),
  },
  'vault.clock-skewed': {
    event: { skewMs: 2 * 60 * minute },
    cause: (events) =>
      rotate(events, async ({ clock, pass: move }) => {
        clock.jump(2 * 60 * minute)
        await move(1, minute)
      }),
  },
  'vault.clock-synchronized': {
    event: { skewMs: 0 },
    cause: (events) =>
      rotate(events, async ({ clock, pass: move }) => {
        clock.jump(2 * 60 * minute)
        await move(12, minute)
      }),
  },
  'vault.revocation-due': {
    event: { provider: 'openai', version: 1 },
    cause: (events) =>
      rotate(
        events,
        async ({ vault, provider, pass: move }) => {
          for (const n of ['1', '2'])
            provider.keys.set(n, { name: '', secret: `sk-${n}`, enabled: true, expiresInMs: 0 })
          await vault.stage('openai', 'sk-1')
          await move(1, 10_000)
          await vault.stage('openai', 'sk-2')
          await vault.rotate('openai')
          await move(30, 10_000)
        },
        { graceMs: minute },
        ['create', 'find', 'expire', 'disable', 'revoke'],
      ),
  },
  'client-key.changed': {
    event: { change: 'created' },
    cause: (events) => useKeys(events, () => Promise.resolve()),
  },
  'client-key.rejected': {
    event: { reason: 'revoked' },
    cause: (events) =>
      useKeys(events, async ({ clientKeys }, secret, id) => {
        await clientKeys.revoke(id)
        const request = Object.assign(new IncomingMessage(new Socket()), { url: '/api' })
        request.headers.authorization = `Bearer ${secret}`
        clientKeys.middleware(request, new ServerResponse(request), () => undefined)
        await settle()
      }),
  },
  'client-key.used-after-rotation': {
    event: { accepted: true },
    cause: (events) =>
      useKeys(events, async ({ clientKeys }, secret, id) => {
        await clientKeys.rotate(id, { overlapMs: day })
        await clientKeys.verify(secret)
      }),
  },
  'client-key.store-unavailable': { event: { graceMs: minute }, cause: (events) => useKeys(events, outage) },
  'client-key.store-recovered': {
    event: {},
    cause: (events) =>
      useKeys(events, async (fixture, secret) => {
        const process = await outage(fixture, secret)
        process.store.fault = 'none'
        await pass(process.clock, 10_000)
      }),
  },
})
