import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { AlfredError, isAlfredError } from '@alfred/core'
import {
  encodeContext,
  keyBytes,
  type KeyContext,
  type KeyEncryptionKeyProvider,
} from './key-encryption-key.ts'

/** A secret encrypted with a data key of its own, which is encrypted with the key-encryption key. Bytes are base64. */
export interface SealedSecret {
  readonly dataKeyId: string
  readonly keyEncryptionKeyId: string
  readonly wrappedKey: string
  readonly nonce: string
  readonly ciphertext: string
  readonly tag: string
}

/** Where a sealed secret belongs; it opens nowhere else. */
export interface SecretTarget {
  readonly tenant: string
  readonly provider: string
  readonly version: number
}

/** The version of the encryption's layout, a part of the authenticated data. */
const sealSchema = 1
const cipherName = 'aes-256-gcm'
/** 96 random bits for each key that is used once: NIST SP 800-38D section 8.2.2. */
const nonceBytes = 12
const authTagLength = 16

const contextOf = (target: SecretTarget, dataKeyId: string, keyEncryptionKeyId: string): KeyContext => ({
  schema: `alfred-vault-secret-${String(sealSchema)}`,
  tenant: target.tenant,
  provider: target.provider,
  version: String(target.version),
  dataKeyId,
  keyEncryptionKeyId,
})

/** Asks the provider to open a data key and tells the kinds of failure apart. */
export async function unwrapKey(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  wrapped: { readonly keyEncryptionKeyId: string; readonly wrappedKey: string },
  context: KeyContext,
): Promise<Buffer> {
  const candidates = [keyEncryptionKey, ...(keyEncryptionKey.previous ?? [])]
  const fitting = candidates.find(({ id }) => id === wrapped.keyEncryptionKeyId)
  if (!fitting) {
    throw new AlfredError(
      'ALFRED_VAULT_WRONG_KEY',
      'The vault was written with another key-encryption key.',
      {
        keyEncryptionKeyId: wrapped.keyEncryptionKeyId,
      },
    )
  }
  try {
    return Buffer.from(await fitting.unwrap(Buffer.from(wrapped.wrappedKey, 'base64'), context))
  } catch (error) {
    throw keyProviderFailure(error)
  }
}

/**
 * A failure of the provider as one of ours. Of what it threw name and message are kept: clients of key services put the
 * request into their errors, and with it the data key.
 */
export function keyProviderFailure(error: unknown): AlfredError {
  if (isAlfredError(error)) return error
  return new AlfredError(
    'ALFRED_VAULT_KEY_PROVIDER_FAILED',
    'The key-encryption key could not be used.',
    {},
    { cause: bareError(error) },
  )
}

function bareError(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  const { name, message } = error
  return Object.assign(new Error(message), { name })
}

/** A data key that is wrapped already, for a secret that is yet to be had. */
export interface PreparedSeal {
  /** Encrypts the secret; once. */
  seal(secret: string): SealedSecret
  /** Forgets the data key. */
  discard(): void
}

/**
 * Makes and wraps a data key for `target`, so that the key-encryption key is not needed when the secret is there.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_PROVIDER_FAILED`
 */
export async function prepareSeal(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  target: SecretTarget,
): Promise<PreparedSeal> {
  const dataKeyId = randomUUID()
  const context = contextOf(target, dataKeyId, keyEncryptionKey.id)
  const random = randomBytes(keyBytes + nonceBytes)
  const dataKey = random.subarray(0, keyBytes)
  const nonce = random.subarray(keyBytes)
  const discard = (): void => {
    dataKey.fill(0)
  }
  let wrappedKey: string
  try {
    wrappedKey = Buffer.from(await keyEncryptionKey.wrap(dataKey, context)).toString('base64')
  } catch (error) {
    discard()
    throw keyProviderFailure(error)
  }
  return {
    discard,
    seal(secret) {
      const cipher = createCipheriv(cipherName, createSecretKey(dataKey), nonce, { authTagLength })
      discard()
      cipher.setAAD(encodeContext(context))
      const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return {
        dataKeyId,
        keyEncryptionKeyId: keyEncryptionKey.id,
        wrappedKey,
        nonce: nonce.toString('base64'),
        ciphertext: ciphertext.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
      }
    },
  }
}

/** Encrypts a secret for `target`, with a new data key. */
export const sealSecret = async (
  keyEncryptionKey: KeyEncryptionKeyProvider,
  target: SecretTarget,
  secret: string,
): Promise<SealedSecret> => (await prepareSeal(keyEncryptionKey, target)).seal(secret)

/**
 * Decrypts a secret.
 *
 * @throws `AlfredError` `ALFRED_VAULT_WRONG_KEY`, `ALFRED_VAULT_TAMPERED` when it was changed or belongs
 * elsewhere, `ALFRED_VAULT_KEY_PROVIDER_FAILED` when the key's provider does not answer
 */
export async function openSecret(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  target: SecretTarget,
  sealed: SealedSecret,
): Promise<string> {
  const context = contextOf(target, sealed.dataKeyId, sealed.keyEncryptionKeyId)
  const dataKey = await unwrapKey(keyEncryptionKey, sealed, context)
  try {
    const nonce = Buffer.from(sealed.nonce, 'base64')
    const decipher = createDecipheriv(cipherName, createSecretKey(dataKey), nonce, { authTagLength })
    decipher.setAAD(encodeContext(context))
    decipher.setAuthTag(Buffer.from(sealed.tag, 'base64'))
    const bytes = [decipher.update(Buffer.from(sealed.ciphertext, 'base64')), decipher.final()]
    return Buffer.concat(bytes).toString('utf8')
  } catch {
    throw new AlfredError(
      'ALFRED_VAULT_TAMPERED',
      `Version ${String(target.version)} of ${target.provider} does not open: it was changed or moved.`,
      { target: 'key', provider: target.provider, version: target.version },
    )
  } finally {
    dataKey.fill(0)
  }
}
