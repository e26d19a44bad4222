import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import type { ClientKeysOptions, ClientKeyStore } from '@alfred/key-vault/client-keys'
import type { AnyFunction } from './row.ts'

/** A store of client keys that holds none, with methods of the application's own. */
export function memoryClientKeyStore(
  part: Partial<Record<keyof ClientKeyStore, AnyFunction>> = {},
): ClientKeyStore {
  let pepper: string | undefined
  return {
    find: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    write: () => Promise.resolve(true),
    touch: () => Promise.resolve(),
    changes: () => Promise.resolve({ position: 0, ids: [] }),
    readPepper: () => Promise.resolve(pepper),
    replacePepper(_expected, given) {
      pepper = given
      return Promise.resolve(true)
    },
    watch: () => () => undefined,
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...part,
  }
}

export const keyEncryptionKey = () => keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))

/** Options of client keys in a store, with short deadlines. */
export const clientKeysWithStore = (store: ClientKeyStore): ClientKeysOptions => ({
  store,
  keyEncryptionKey: keyEncryptionKey(),
  deadlineMs: 20,
})
