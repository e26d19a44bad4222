import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AlfredError } from '@alfred/core'
import {
  keyBytes,
  type KeyContext,
  type KeyEncryptionKeyProvider,
} from '../key-encryption/key-encryption-key.ts'
import { keyProviderFailure, type SealedSecret, unwrapKey } from '../key-encryption/sealed-secret.ts'
import type { KeyUsage } from '../providers/key-usage.ts'
import type { KeyValidity } from '../providers/key-validity.ts'

/**
 * Where a version of a key is in its life:
 * `intent` (about to be made at the provider) → `pending` → `tested` → `current` → `previous` → `revoking` → `revoked`.
 * `failed` was never used, `orphaned` may exist at the provider without being used, and `compromised` ends at once.
 * Only a key that its provider refuses is `revoked`: `revocation-due` is to end, and its provider may still take it.
 */
export type KeyStage =
  | 'intent'
  | 'pending'
  | 'tested'
  | 'current'
  | 'previous'
  | 'revoking'
  | 'revocation-due'
  | 'revoked'
  | 'failed'
  | 'orphaned'
  | 'compromised'

/** One version of a provider's key. */
export interface KeyVersion {
  readonly version: number
  readonly stage: KeyStage
  /** When it came to this stage, ms since the epoch. */
  readonly since: number
  /** The revision of the document that put it at this stage; it orders where clocks may jump. */
  readonly sinceRevision: number
  /** Absent before it was made, and once it is over. */
  readonly sealed?: SealedSecret
  /** The name under which the vault made it at the provider; absent when somebody else did. */
  readonly keyName?: string
  /** The provider's id of it, which is no secret. */
  readonly remoteId?: string
  /** When the provider ends it by itself, ms since the epoch. */
  readonly expiresAt?: number
  /** Its provider was told to end it earlier, or that it is not to be used. */
  readonly retired?: boolean
  /** It has leaked: it ends as soon as another is current, and at this time in any case, ms since the epoch. */
  readonly breakAt?: number
  /** Failed calls about it in a row, and when the next is due, ms since the epoch. */
  readonly attempts?: number
  readonly retryAt?: number
  /** A word for the last of them. */
  readonly lastErrorCode?: string
}

/** When a provider's key is next rotated, and how that goes. */
export interface RotationRecord {
  /** ms since the epoch. */
  readonly nextRotationAt?: number
  /** Somebody asked for the next rotation. */
  readonly isAsked?: boolean
  /** Failed attempts in a row. */
  readonly failures: number
  /** No attempt before, ms since the epoch. */
  readonly retryAt?: number
  readonly lastErrorCode?: string
  /** The last reminder that was given, in days before the rotation is due. */
  readonly remindedDays?: number
}

/** The last probe of the current key. */
export interface ProbeRecord {
  /** The version that was probed; absent where the provider needs no key. */
  readonly version?: number
  readonly validity: KeyValidity
  /** ms since the epoch. */
  readonly checkedAt: number
  readonly errorCode?: string
  readonly usage?: KeyUsage
}

/** All versions of one provider's key, oldest first. */
export interface ProviderKeys {
  readonly nextVersion: number
  /** When another version last became current, ms since the epoch. */
  readonly lastRotatedAt?: number
  readonly versions: readonly KeyVersion[]
  readonly rotation?: RotationRecord
  readonly probe?: ProbeRecord
}

/** Everything in a vault, by provider. */
export type VaultDocument = ReadonlyMap<string, ProviderKeys>

/** Turns documents into text that nobody without the key-encryption key can change, and back. */
export interface DocumentCodec {
  encode(document: VaultDocument, revision: number): Promise<string>
  /**
   * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`, `ALFRED_VAULT_WRONG_KEY`, `ALFRED_VAULT_KEY_PROVIDER_FAILED`
   */
  decode(data: string, revision: number): Promise<VaultDocument>
}

const documentSchema = 1

/** A key of authentication codes, and how it stands in the text. */
interface CachedKey {
  readonly keyEncryptionKeyId: string
  readonly wrappedKey: string
  readonly key: Buffer
}

/** The first line of the text; the second is the document. */
interface Seal {
  readonly schema: number
  readonly keyEncryptionKeyId: string
  /** The key of the authentication code, wrapped. */
  readonly wrappedKey: string
  readonly mac: string
}

const tampered = (reason: string): AlfredError =>
  new AlfredError('ALFRED_VAULT_TAMPERED', reason, { target: 'vault' })

function isSeal(value: unknown): value is Seal {
  if (typeof value !== 'object' || value === null) return false
  const { schema, keyEncryptionKeyId, wrappedKey, mac } = value as Record<string, unknown>
  return (
    typeof schema === 'number' &&
    [keyEncryptionKeyId, wrappedKey, mac].every((text) => typeof text === 'string')
  )
}

function readSeal(line: string): Seal {
  let seal: unknown
  try {
    seal = JSON.parse(line)
  } catch {
    throw tampered('The vault is damaged: its seal cannot be read.')
  }
  if (!isSeal(seal)) throw tampered('The vault is damaged: its seal is incomplete.')
  if (seal.schema !== documentSchema)
    throw tampered('The vault has a layout that this version does not know.')
  return seal
}

/**
 * Builds the codec of one tenant's vault. The labels of the versions are authenticated as well as the
 * secrets: a stage that was edited, a record that was swapped or a document under another revision is refused.
 */
export function createDocumentCodec(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  tenant: string,
): DocumentCodec {
  const contextOf = (keyEncryptionKeyId: string): KeyContext => ({
    schema: `alfred-vault-document-${String(documentSchema)}`,
    tenant,
    keyEncryptionKeyId,
  })
  // The wrapped key last seen, so that a key service is not asked for the same key at every read.
  let cached: CachedKey | undefined

  const computeMac = (key: Buffer, payload: string, revision: number): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([documentSchema, tenant, revision]))
      .update('\n')
      .update(payload)
      .digest()

  const createKey = async (): Promise<CachedKey> => {
    const key = randomBytes(keyBytes)
    try {
      const wrapped = await keyEncryptionKey.wrap(key, contextOf(keyEncryptionKey.id))
      const wrappedKey = Buffer.from(wrapped).toString('base64')
      return { keyEncryptionKeyId: keyEncryptionKey.id, wrappedKey, key }
    } catch (error) {
      throw keyProviderFailure(error)
    }
  }

  return {
    async encode(document, revision) {
      // One that an earlier key-encryption key wrapped is not used again.
      if (cached?.keyEncryptionKeyId !== keyEncryptionKey.id) cached = await createKey()
      const { wrappedKey, key } = cached
      const payload = JSON.stringify([...document])
      const seal: Seal = {
        schema: documentSchema,
        keyEncryptionKeyId: keyEncryptionKey.id,
        wrappedKey,
        mac: computeMac(key, payload, revision).toString('base64'),
      }
      return `${JSON.stringify(seal)}\n${payload}\n`
    },
    async decode(data, revision) {
      const [first = '', payload = ''] = data.split('\n', 2)
      const seal = readSeal(first)
      const { wrappedKey, keyEncryptionKeyId } = seal
      if (wrappedKey !== cached?.wrappedKey || keyEncryptionKeyId !== cached.keyEncryptionKeyId) {
        const key = await unwrapKey(keyEncryptionKey, seal, contextOf(keyEncryptionKeyId))
        cached = { keyEncryptionKeyId, wrappedKey, key }
      }
      const expected = computeMac(cached.key, payload, revision)
      const mac = Buffer.from(seal.mac, 'base64')
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
        throw tampered('The document of the vault was changed by something other than the vault.')
      }
      // Authenticated: what is read here is what `encode` wrote.
      return new Map(JSON.parse(payload) as [string, ProviderKeys][])
    },
  }
}
