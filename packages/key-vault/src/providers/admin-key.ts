import { option, type OptionRule } from '@alfred/core'
import { keyText } from '../key-text.ts'

/** A provider's admin key, or what gives it at each use, so that it too can be rotated. */
export type AdminKey = string | (() => string | Promise<string>)

/** The rule for an admin key. */
export const adminKeyRule: OptionRule<AdminKey> = option.anyOf<AdminKey>(
  'a key, or a function that gives one',
  option.function<() => string | Promise<string>>(),
  option.string({ pattern: keyText, hint: 'visible ASCII characters without white space' }),
)

/** The key itself. */
export const readAdminKey = async (key: AdminKey): Promise<string> => (typeof key === 'string' ? key : key())
