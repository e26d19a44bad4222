import type { VaultSnapshot, VaultStore } from './vault-store.ts'

/** A store that lasts as long as the process: for tests, and for keys that come from elsewhere at each start. */
export function createMemoryVaultStore(): VaultStore {
  let snapshot: VaultSnapshot = { revision: 0, data: undefined }
  return {
    read: () => Promise.resolve(snapshot),
    compareAndSet(expected, data) {
      if (snapshot.revision !== expected) return Promise.resolve(false)
      snapshot = { revision: expected + 1, data }
      return Promise.resolve(true)
    },
  }
}
