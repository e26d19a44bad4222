import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { AlfredError, option, readOptions } from '@alfred/core'

/**
 * What a data key belongs to. It is authenticated with the wrapped key, so that one record's key does not
 * open another; a cloud provider takes it as its encryption context.
 */
export type KeyContext = Readonly<Record<string, string>>

/** Holds the key that the data keys are encrypted with: a local one, or a key management service. */
export interface KeyEncryptionKeyProvider {
  /** Names the key, not its value; stored beside what it wrapped. */
  readonly id: string
  /** Encrypts a data key of 32 bytes. */
  wrap(dataKey: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** The reverse of `wrap` with the same context; rejects when key or context differ. */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** Keys that open what was written before, and encrypt nothing any more. See `withPreviousKeys`. */
  readonly previous?: readonly KeyEncryptionKeyProvider[] | undefined
}

/**
 * A key-encryption key whose predecessors still open what they wrapped: for the time in which everything is
 * re-wrapped. What is written is encrypted with `current`.
 *
 * @example
 * ```ts
 * import { keyEncryptionKeyFromFile, withPreviousKeys } from '@alfred/key-vault'
 *
 * export const keyEncryptionKey = () =>
 *   withPreviousKeys(keyEncryptionKeyFromFile('.data/vault-2027.key'), keyEncryptionKeyFromFile('.data/vault.key'))
 * ```
 */
export function withPreviousKeys(
  current: KeyEncryptionKeyProvider,
  ...previous: readonly KeyEncryptionKeyProvider[]
): KeyEncryptionKeyProvider {
  return Object.freeze({
    id: current.id,
    wrap: (dataKey: Uint8Array, context: KeyContext) => current.wrap(dataKey, context),
    unwrap: (wrapped: Uint8Array, context: KeyContext) => current.unwrap(wrapped, context),
    previous: [...(current.previous ?? []), ...previous],
  })
}

const nonceBytes = 12
const tagBytes = 16
export const keyBytes = 32

/** The context as bytes, the same whatever the order of its members. */
export function encodeContext(context: KeyContext): Buffer {
  const names = Object.keys(context).sort()
  return Buffer.from(JSON.stringify(names.map((name) => [name, context[name]])))
}

/** Builds the provider of a key that is in this process' memory. It wraps by AES-256-GCM. */
export function createLocalKey(key: Buffer): KeyEncryptionKeyProvider {
  // One-way, so that the id may stand in the file: a wrong key is told from a damaged record by it.
  const id = `local:${createHmac('sha256', key).update('alfred key-encryption key').digest('hex').slice(0, 16)}`

  // Node takes three times as long for a cipher whose key is bytes.
  const keyObject = createSecretKey(key)

  const wrap = (dataKey: Uint8Array, context: KeyContext): Uint8Array => {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', keyObject, nonce, { authTagLength: tagBytes })
    cipher.setAAD(encodeContext(context))
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  }

  const unwrap = (wrapped: Uint8Array, context: KeyContext): Uint8Array => {
    const bytes = Buffer.from(wrapped)
    if (bytes.length !== nonceBytes + keyBytes + tagBytes) throw new Error('wrapped key of a wrong length')
    const decipher = createDecipheriv('aes-256-gcm', keyObject, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAAD(encodeContext(context))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()])
  }

  return Object.freeze({
    id,
    wrap: (dataKey: Uint8Array, context: KeyContext) => Promise.resolve(wrap(dataKey, context)),
    async unwrap(wrapped: Uint8Array, context: KeyContext) {
      try {
        return await Promise.resolve(unwrap(wrapped, context))
      } catch {
        throw new AlfredError('ALFRED_VAULT_TAMPERED', 'A data key does not open: it was changed or moved.', {
          target: 'key',
        })
      }
    },
  })
}

const base64Key = option.string({
  pattern: /^[A-Za-z0-9+/]{43}=$/,
  hint: '32 bytes in base64, as `openssl rand -base64 32` prints them',
})

/**
 * The key-encryption key from text, such as a value of the environment: 32 random bytes in base64.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) for anything else; the message does not hold the text
 *
 * @example
 * ```ts
 * import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
 *
 * export const keyEncryptionKey = (text: string) => keyEncryptionKeyFromBase64(text)
 * ```
 */
export function keyEncryptionKeyFromBase64(text: string): KeyEncryptionKeyProvider {
  return createLocalKey(Buffer.from(readOptions('vault.keyEncryptionKey', text, base64Key), 'base64'))
}
