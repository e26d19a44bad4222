import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { AlfredError, isAlfredError, option, readOptions } from '@alfred/core'
import { keyBytes, type KeyEncryptionKeyProvider, keyEncryptionKeyFromBase64 } from './key-encryption-key.ts'
import { hasErrorCode, requirePrivate } from './private-file.ts'

/** Options of `keyEncryptionKeyFromFile`. */
export interface KeyFileOptions {
  /**
   * Make the file, with a random key and mode 0600, when there is none; its folder too, with mode 0700.
   * @default false
   */
  readonly create?: boolean | undefined
  /**
   * Take a file that others may read too, as secrets mounted into a container often are.
   * @default false
   */
  readonly allowLoosePermissions?: boolean | undefined
}

const pathRule = option.string()
const optionsRule = option.objectOf<KeyFileOptions>({
  create: option.boolean(),
  allowLoosePermissions: option.boolean(),
})

function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags, 0o600)
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}

/** Whether this call made the file; another process may have been faster. */
function createKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    withFile(path, 'wx', (file) => {
      writeFileSync(file, `${randomBytes(keyBytes).toString('base64')}\n`)
      fsyncSync(file)
    })
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return
    throw error
  }
  // A vault whose key is gone after a power cut cannot be read by anybody.
  if (process.platform !== 'win32') withFile(dirname(path), 'r', fsyncSync)
}

/**
 * The key-encryption key from a file: 32 random bytes in base64, one line. The file is read once, here.
 * Keep a copy apart from the vault: without this key nothing in it can be read again.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) when the file holds something else;
 * `AlfredError` `ALFRED_VAULT_LOOSE_PERMISSIONS` when others than its owner may read it, and
 * `ALFRED_VAULT_KEY_PROVIDER_FAILED` when it cannot be read or made
 *
 * @example
 * ```ts
 * import { keyEncryptionKeyFromFile } from '@alfred/key-vault'
 *
 * export const keyEncryptionKey = () => keyEncryptionKeyFromFile('.data/vault.key', { create: true })
 * ```
 */
export function keyEncryptionKeyFromFile(
  path: string,
  options: KeyFileOptions = {},
): KeyEncryptionKeyProvider {
  readOptions('vault.keyEncryptionKey.path', path, pathRule)
  const { create = false, allowLoosePermissions = false } = readOptions(
    'vault.keyEncryptionKey',
    options,
    optionsRule,
  )
  let text: string
  try {
    if (create) createKeyFile(path)
    text = withFile(path, 'r', (file) => {
      if (!allowLoosePermissions) requirePrivate(path, fstatSync(file))
      return readFileSync(file, 'utf8')
    })
  } catch (error) {
    if (isAlfredError(error)) throw error
    throw new AlfredError(
      'ALFRED_VAULT_KEY_PROVIDER_FAILED',
      `The key-encryption key cannot be read from ${path}.`,
      { path },
      { cause: error },
    )
  }
  return keyEncryptionKeyFromBase64(text.trim())
}
