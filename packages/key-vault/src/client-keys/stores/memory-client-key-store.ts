import { lifecycle } from '@alfred/core'
import { type ClientKeyStore, maxNamedChanges, type StoredClientKey } from './client-key-store.ts'
import { tellListener } from '../../stores/tell-listener.ts'

/**
 * A store that lasts as long as the process: for tests.
 *
 * @example
 * ```ts
 * import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
 *
 * export const store = createMemoryClientKeyStore()
 * ```
 */
export function createMemoryClientKeyStore(): ClientKeyStore {
  const keys = new Map<string, StoredClientKey>()
  const positions = new Map<string, number>()
  const listeners = new Set<() => void>()
  let pepper: string | undefined
  let newest = 0

  return {
    find: (id) => Promise.resolve(keys.get(id)),
    list: (after = '', limit) =>
      Promise.resolve(
        [...keys.values()]
          .filter(({ id }) => id > after)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit),
      ),
    write(id, expected, data) {
      const found = keys.get(id)
      if ((found?.revision ?? 0) !== expected) return Promise.resolve(false)
      keys.set(id, { id, revision: expected + 1, data, lastUsedAt: found?.lastUsedAt })
      positions.set(id, (newest += 1))
      for (const listener of listeners) queueMicrotask(listener)
      return Promise.resolve(true)
    },
    touch(uses) {
      for (const [id, lastUsedAt] of uses) {
        const found = keys.get(id)
        if (found && (found.lastUsedAt ?? 0) < lastUsedAt) keys.set(id, { ...found, lastUsedAt })
      }
      return Promise.resolve()
    },
    changes(position = Infinity) {
      const ids = [...positions].filter(([, changedAt]) => changedAt > position).map(([id]) => id)
      return Promise.resolve({ position: newest, ids: ids.length > maxNamedChanges ? undefined : ids })
    },
    readPepper: () => Promise.resolve(pepper),
    replacePepper(expected, next) {
      if (pepper !== expected) return Promise.resolve(false)
      pepper = next
      return Promise.resolve(true)
    },
    watch(onChange) {
      const own = (): void => {
        tellListener(onChange)
      }
      listeners.add(own)
      return () => listeners.delete(own)
    },
    // What it holds outlives its client keys, so that tests can open it again.
    ...lifecycle(() => undefined),
  }
}
