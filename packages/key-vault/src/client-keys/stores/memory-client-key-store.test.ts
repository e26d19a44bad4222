import { describeClientKeyStore } from '../../../test/client-key-store-conformance.ts'
import { createMemoryClientKeyStore } from './memory-client-key-store.ts'

describeClientKeyStore(
  'memory store of client keys',
  () => {
    const store = createMemoryClientKeyStore()
    return Promise.resolve(() => store)
  },
  { notifies: true },
)
