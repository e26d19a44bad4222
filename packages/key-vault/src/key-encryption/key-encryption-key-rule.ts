import { option, type OptionRule } from '@alfred/core'
import type { KeyEncryptionKeyProvider } from './key-encryption-key.ts'

const providerMethods = option.withMethods<KeyEncryptionKeyProvider>('wrap', 'unwrap')

/** The rule for a `keyEncryptionKey` option. */
export const keyEncryptionKeyRule: OptionRule<KeyEncryptionKeyProvider> = (value, report) => {
  const provider = providerMethods(value, report)
  if (provider && option.string()(provider.id, report.at('id')) === undefined) return undefined
  return provider
}
