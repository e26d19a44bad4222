import {
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromBase64,
  type Secret,
} from '@alfred/key-vault'
import { expectTypeOf } from 'vitest'

const vault = createKeyVault({
  store: createMemoryVaultStore(),
  keyEncryptionKey: keyEncryptionKeyFromBase64(''),
})

expectTypeOf(vault.get('openai')).toEqualTypeOf<Secret>()
expectTypeOf(vault.apiKey('openai')).toExtend<() => Promise<string>>()
expectTypeOf(vault.stage('openai', 'sk')).resolves.toEqualTypeOf<number>()
expectTypeOf(vault.lease('openai')).toExtend<Disposable>()
expectTypeOf(vault).toExtend<AsyncDisposable>()

// @ts-expect-error -- a secret is not the text: it has to be revealed
export const header: string = vault.get('openai')

// @ts-expect-error -- without a store there is nothing to keep keys in
createKeyVault({ keyEncryptionKey: keyEncryptionKeyFromBase64('') })
