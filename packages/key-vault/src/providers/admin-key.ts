import { option, type OptionRule } from '@alfred/core'
import { keyText } from '../key-encryption/key-text.ts'
import { ProviderError } from './provider-error.ts'

/** A provider's admin key, or what gives it at each use, so that it too can be rotated. */
export type AdminKey = string | (() => string | Promise<string>)

/** The rule for an admin key. */
export const adminKeyRule: OptionRule<AdminKey> = option.anyOf(
  'a key, or a function that gives one',
  option.function<() => string | Promise<string>>(),
  option.string({ pattern: keyText, hint: 'visible ASCII characters without white space' }),
)

/**
 * The key itself.
 *
 * @throws `ProviderError` with the reason `malformed_admin_key` when a function gives something else
 */
export async function readAdminKey(key: AdminKey): Promise<string> {
  if (typeof key === 'string') return key
  const value: unknown = await key()
  if (typeof value === 'string' && keyText.test(value)) return value
  throw new ProviderError({ reason: 'malformed_admin_key', refused: true })
}
