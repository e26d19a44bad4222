import { type Clock, clockRule, lifecycle, option, readOptions, systemClock } from '@alfred/core'
import { fenced } from './fenced.ts'
import type { VaultSnapshot, VaultStore } from './vault-store.ts'
import { tellListener } from './tell-listener.ts'

/** Options of `createMemoryVaultStore`. */
export interface MemoryVaultStoreOptions {
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

const optionsRule = option.objectOf<MemoryVaultStoreOptions>({ clock: clockRule })

/**
 * A store that lasts as long as the process: for tests, and for keys that come from elsewhere at each start.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 *
 * @example
 * ```ts
 * import { createMemoryVaultStore } from '@alfred/key-vault'
 *
 * export const store = createMemoryVaultStore()
 * ```
 */
export function createMemoryVaultStore(options: MemoryVaultStoreOptions = {}): VaultStore {
  const { clock: injectedClock } = readOptions('vault.store', options, optionsRule)
  const clock = injectedClock ?? systemClock
  const listeners = new Set<() => void>()
  const notes = new Map<string, { readonly note: string; readonly until: number }>()
  const audit: string[] = []
  let snapshot: VaultSnapshot = { revision: 0, data: undefined }
  let holder = { epoch: 0, until: 0 }

  return {
    read: () => Promise.resolve(snapshot),
    // eslint-disable-next-line @typescript-eslint/require-await -- a throw is a rejection
    async compareAndSet(expected, data, epoch) {
      if (epoch !== undefined && epoch < holder.epoch) throw fenced()
      if (snapshot.revision !== expected) return false
      snapshot = { revision: expected + 1, data }
      for (const listener of listeners) queueMicrotask(listener)
      return true
    },
    lease(ttlMs) {
      if (clock.monotonicMs() < holder.until) return Promise.resolve(undefined)
      const epoch = holder.epoch + 1
      const hold = (forMs: number): boolean => {
        if (holder.epoch > epoch) return false
        holder = { epoch, until: clock.monotonicMs() + forMs }
        return true
      }
      hold(ttlMs)
      return Promise.resolve({
        epoch,
        renew: (forMs) => Promise.resolve(hold(forMs)),
        release() {
          hold(0)
          return Promise.resolve()
        },
      })
    },
    // Without a clock of its own it is on the machine of the vault, whose clock then counts.
    ...(injectedClock && { now: () => Promise.resolve(injectedClock.now()) }),
    watch(listener) {
      const own = (): void => {
        tellListener(listener)
      }
      listeners.add(own)
      return () => listeners.delete(own)
    },
    announce(instance, note, ttlMs) {
      notes.set(instance, { note, until: clock.monotonicMs() + ttlMs })
      return Promise.resolve()
    },
    announcements() {
      const now = clock.monotonicMs()
      for (const [instance, { until }] of notes) if (until <= now) notes.delete(instance)
      return Promise.resolve([...notes.values()].map(({ note }) => note))
    },
    appendAudit(expected, entries) {
      if (audit.length !== expected) return Promise.resolve(false)
      audit.push(...entries)
      return Promise.resolve(true)
    },
    readAudit: (from, limit) =>
      Promise.resolve({ length: audit.length, entries: audit.slice(from, from + limit) }),
    // What it holds outlives a vault, so that tests can open it again.
    ...lifecycle(() => undefined),
  }
}
