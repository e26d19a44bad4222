import { type AlfredEventName, createEventBus, noopLogger } from '@alfred/core'
import {
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromBase64,
  type KeyVault,
  type KeyVaultOptions,
  type VaultStore,
} from '@alfred/key-vault'
import type { ProviderPolicy } from '@alfred/key-vault/providers'
import { createFakeClock, type FakeClock } from '@alfred/testkit'
import { createScriptedProvider, type ScriptedProvider } from './scripted-provider.ts'

/** A vault of one provider under a fake clock: years of rotations in a second. */
export interface ScriptedScene {
  readonly clock: FakeClock
  readonly store: VaultStore
  readonly provider: ScriptedProvider
  readonly seen: [AlfredEventName, unknown][]
  readonly open: (options?: Partial<KeyVaultOptions>) => Promise<KeyVault>
  /** Moves time on in steps, and lets everything that came due be done. */
  readonly pass: (ms: number, stepMs?: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Lets promises settle: stores and adapters of these tests wait for nothing else. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const eventNames = [
  'vault.rotated',
  'vault.rotation-failed',
  'vault.rotation-due',
  'vault.key-invalid',
  'vault.revocation-due',
] as const

export function createScriptedScene(
  policy: Partial<ProviderPolicy> = {},
  provider = createScriptedProvider(['disable']),
): ScriptedScene {
  const clock = createFakeClock()
  const store = createMemoryVaultStore({ clock })
  const seen: [AlfredEventName, unknown][] = []
  const events = createEventBus(noopLogger)
  for (const name of eventNames) events.on(name, (event) => seen.push([name, event]))
  const opened: KeyVault[] = []
  return {
    clock,
    store,
    provider,
    seen,
    async open(options = {}) {
      const vault = createKeyVault({
        store,
        keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64')),
        clock,
        events,
        providers: { openai: { adapter: provider.adapter, jitter: 0, ...policy } },
        ...options,
      })
      opened.push(vault)
      await vault.ready()
      return vault
    },
    async pass(ms, stepMs = Math.min(ms, 10_000)) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(Math.min(stepMs, ms - passed))
        await settle()
      }
    },
    async close() {
      await Promise.all(opened.splice(0).map((vault) => vault.close()))
    },
  }
}
