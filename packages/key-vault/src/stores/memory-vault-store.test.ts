import { describeVaultStore } from '../../test/vault-store-conformance.ts'
import { createMemoryVaultStore } from './memory-vault-store.ts'

describeVaultStore('the memory store', () => {
  const store = createMemoryVaultStore()
  return Promise.resolve(() => store)
})
