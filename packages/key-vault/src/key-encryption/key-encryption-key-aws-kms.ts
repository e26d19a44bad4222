import { AlfredError, option, readOptions } from '@alfred/core'
import type { KeyContext, KeyEncryptionKeyProvider } from './key-encryption-key.ts'

/** The two calls of AWS KMS that are needed; `KMS` of `@aws-sdk/client-kms` has them. */
export interface AwsKms {
  encrypt(input: {
    KeyId: string
    Plaintext: Uint8Array
    EncryptionContext: Record<string, string>
  }): Promise<{ CiphertextBlob?: Uint8Array | undefined }>
  decrypt(input: {
    KeyId: string
    CiphertextBlob: Uint8Array
    EncryptionContext: Record<string, string>
  }): Promise<{ Plaintext?: Uint8Array | undefined }>
}

/** Options of `keyEncryptionKeyFromAwsKms`. */
export interface AwsKmsKeyOptions {
  /** A client, with its region, credentials and time-outs. */
  readonly client: AwsKms
  /** The id or ARN of a symmetric key. Not an alias, which may be moved to another key. */
  readonly keyId: string
}

const optionsRule = option.objectOf<AwsKmsKeyOptions>(
  {
    client: option.withMethods<AwsKms>('encrypt', 'decrypt'),
    keyId: option.string({
      pattern: /^(?!alias\/|.*:alias\/)[\w:/-]{1,2048}$/,
      hint: 'the id or ARN of a key, not an alias',
    }),
  },
  { required: ['client', 'keyId'] },
)

const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name)

/** A failure of the service, without the request and its answer that the SDK's errors carry. */
function failed(error: unknown): AlfredError {
  const reason = error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'unknown'
  return new AlfredError('ALFRED_VAULT_KEY_PROVIDER_FAILED', `AWS KMS failed: ${reason}.`, { reason })
}

/**
 * The key-encryption key in AWS KMS, which it never leaves. What a data key belongs to is the encryption context, so KMS
 * itself refuses to open it for anything else, and its log shows what was opened. A data key is opened once and then
 * held in memory: the vault reads on while KMS is away.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`)
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 *
 * @example
 * ```ts
 * import { KMS } from '@aws-sdk/client-kms'
 * import { keyEncryptionKeyFromAwsKms } from '@alfred/key-vault'
 *
 * const client = new KMS({ region: 'eu-central-1' })
 * export const keyEncryptionKey = keyEncryptionKeyFromAwsKms({ client, keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' })
 * ```
 */
export function keyEncryptionKeyFromAwsKms(options: AwsKmsKeyOptions): KeyEncryptionKeyProvider {
  const { client, keyId } = readOptions('vault.keyEncryptionKey', options, optionsRule)

  const call = async <T>(
    work: () => Promise<T>,
    read: (answer: T) => Uint8Array | undefined,
  ): Promise<Uint8Array> => {
    try {
      const bytes = read(await work())
      if (bytes) return bytes
    } catch (error) {
      // KMS' answer to a ciphertext that was changed, or to another context.
      if (isNamed(error, 'InvalidCiphertextException')) {
        throw new AlfredError('ALFRED_VAULT_TAMPERED', 'A data key does not open: it was changed or moved.', {
          target: 'key',
        })
      }
      if (isNamed(error, 'IncorrectKeyException')) {
        throw new AlfredError(
          'ALFRED_VAULT_WRONG_KEY',
          'The vault was written with another key of AWS KMS.',
          {},
        )
      }
      throw failed(error)
    }
    throw failed(undefined)
  }

  return Object.freeze({
    id: `aws-kms:${keyId}`,
    wrap: (dataKey: Uint8Array, context: KeyContext) =>
      call(
        () => client.encrypt({ KeyId: keyId, Plaintext: dataKey, EncryptionContext: { ...context } }),
        (answer) => answer.CiphertextBlob,
      ),
    unwrap: (wrapped: Uint8Array, context: KeyContext) =>
      call(
        () => client.decrypt({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: { ...context } }),
        (answer) => answer.Plaintext,
      ),
  })
}
