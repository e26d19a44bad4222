/**
 * A process that rotates once and is killed at its persisted step number `killAt`: just before and just after each write
 * to the store and each call to the provider. Exits with 0 when it came to the end first.
 */
import type { ProviderAdapter, VaultStore } from '@alfred/key-vault'
import { waitFor } from '@alfred/testkit'
import { isSettled, openScene, type RotationScene } from './rotation-scene.ts'

const { scene, killAt } = JSON.parse(process.argv[2] ?? '') as { scene: RotationScene; killAt: number }

let steps = 0
let armed = false
const step = (): void => {
  if (!armed) return
  steps += 1
  if (steps === killAt) process.kill(process.pid, 'SIGKILL')
}

const during = async <T>(work: Promise<T>): Promise<T> => {
  const result = await work
  step()
  return result
}

const watchedStore = (store: VaultStore): VaultStore => ({
  ...store,
  compareAndSet(...args) {
    step()
    return during(store.compareAndSet(...args))
  },
})

const watchedAdapter = (adapter: ProviderAdapter): ProviderAdapter => {
  const watched = Object.entries(adapter).map(([name, method]: [string, unknown]) => [
    name,
    typeof method === 'function'
      ? (...args: unknown[]) => {
          step()
          return during(Promise.resolve(Reflect.apply(method, adapter, args) as unknown))
        }
      : method,
  ])
  return Object.fromEntries(watched) as ProviderAdapter
}

const vault = await openScene(scene, { store: watchedStore, adapter: watchedAdapter })
armed = true
// An attempt that fails on a busy machine is repeated by itself, and what is waited for is its end.
await vault.rotate('openai').catch(() => undefined)
await waitFor(
  () => isSettled(vault) && vault.report()['openai']?.versions.every(({ stage }) => stage !== 'previous'),
  { timeoutMs: 60_000 },
)
process.exit(0)
