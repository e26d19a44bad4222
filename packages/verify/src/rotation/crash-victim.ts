/**
 * A process with one vault for each step of a rotation: each rotates once and stops at its own step, just before or just
 * after a write to the store or a call to the provider. Once all of them stand still the process kills itself.
 */
import type { VaultStore } from '@alfred/key-vault'
import type { ProviderAdapter } from '@alfred/key-vault/providers'
import { waitFor } from '@alfred/testkit'
import { crashTimes } from './crash-times.ts'
import { isOver, openScene, type SceneProvider } from './rotation-scene.ts'
import { openVaultTarget, type VaultTarget } from './vault-targets.ts'

/** What the process is told. */
export interface CrashOrder {
  readonly target: VaultTarget
  readonly vaults: readonly {
    readonly name: string
    readonly provider: SceneProvider
    /** The step to stop at; without it none, to learn which there are. */
    readonly stopAt?: number | undefined
  }[]
}

/** What the process tells before it is gone. */
export interface CrashReport {
  /** The steps of each vault up to where it stopped, such as `after create`. */
  readonly vaults: readonly {
    readonly name: string
    readonly stopped: boolean
    readonly steps: readonly string[]
  }[]
}

interface Watch {
  readonly steps: string[]
  /** Resolves when the step to stop at is reached. */
  readonly stopped: Promise<true>
  readonly begin: () => void
  readonly store: (store: VaultStore) => VaultStore
  readonly adapter: (adapter: ProviderAdapter) => ProviderAdapter
}

function watchSteps(stopAt: number | undefined): Watch {
  const steps: string[] = []
  let begun = false
  let stop: (value: true) => void
  const stopped = new Promise<true>((resolve) => (stop = resolve))
  const step = (label: string): Promise<void> => {
    if (!begun) return Promise.resolve()
    if (steps.length !== stopAt) steps.push(label)
    if (steps.length !== stopAt) return Promise.resolve()
    // What a call's time-out would lead to stands still as well: a dead process does nothing more.
    stop(true)
    return new Promise(() => undefined)
  }
  const around = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    await step(`before ${name}`)
    const result = await work()
    await step(`after ${name}`)
    return result
  }
  return {
    steps,
    stopped,
    begin: () => (begun = true),
    store: (store) => ({
      ...store,
      compareAndSet: (...args) => around('write', () => store.compareAndSet(...args)),
    }),
    adapter(adapter) {
      const watched = Object.entries(adapter).map(([name, method]: [string, unknown]) => [
        name,
        typeof method === 'function'
          ? (...args: unknown[]) =>
              around(name, async () => (await Reflect.apply(method, adapter, args)) as unknown)
          : method,
      ])
      return Object.fromEntries(watched) as ProviderAdapter
    },
  }
}

const order = JSON.parse(process.argv[2] ?? '') as CrashOrder
const target = openVaultTarget(order.target, order.vaults.length + 10)

const runs = order.vaults.map(async ({ name, provider, stopAt }) => {
  const watch = watchSteps(stopAt)
  const vault = await openScene(watch.store(target.store(name)), {
    provider,
    wrapAdapter: watch.adapter,
    ...crashTimes,
  })
  watch.begin()
  const rotation = vault
    .rotate('openai')
    // An attempt that fails on a busy machine is repeated by itself, and what is waited for is its end.
    .catch(() => undefined)
    .then(() => waitFor(() => isOver(vault), { timeoutMs: 180_000, intervalMs: 50 }))
    .then(() => false)
  return { name, steps: watch.steps, stopped: await Promise.race([watch.stopped, rotation]) }
})
// Vaults keep no process alive, and those that stand still wait for nothing.
setInterval(() => undefined, 1_000)
const report: CrashReport = { vaults: await Promise.all(runs) }
process.send?.(report, () => process.kill(process.pid, 'SIGKILL'))
