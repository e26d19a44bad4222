import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AlfredError } from '@alfred/core'
import { keyBytes, type KeyContext, type KeyEncryptionKeyProvider } from './key-encryption-key.ts'
import { keyProviderFailure, type SealedSecret, unwrapKey } from './sealed-secret.ts'

/** Where a version of a key is in its life. */
export type KeyStage = 'pending' | 'current' | 'previous' | 'revoked'

/** One version of a provider's key. */
export interface KeyVersion {
  readonly version: number
  readonly stage: KeyStage
  /** When it came to this stage, ms since the epoch. */
  readonly since: number
  /** The revision of the document that put it at this stage; it orders where clocks may jump. */
  readonly sinceRevision: number
  /** Absent once revoked. */
  readonly sealed?: SealedSecret
}

/** All versions of one provider's key, oldest first. */
export interface ProviderKeys {
  readonly nextVersion: number
  /** When another version last became current, ms since the epoch. */
  readonly lastRotatedAt?: number
  readonly versions: readonly KeyVersion[]
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

/** The first line of the text; the second is the document. */
interface Seal {
  readonly schema: number
  readonly keyEncryptionKeyId: string
  /** The key of the authentication code, wrapped. */
  readonly wrappedKey: string
  readonly mac: string
}

const tampered = (reason: string): AlfredError => new AlfredError('ALFRED_VAULT_TAMPERED', reason)

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
  const context: KeyContext = {
    schema: `alfred-vault-document-${String(documentSchema)}`,
    tenant,
    keyEncryptionKeyId: keyEncryptionKey.id,
  }
  // The wrapped key last seen, so that a key service is not asked for the same key at every read.
  let known: { readonly wrappedKey: string; readonly key: Buffer } | undefined

  const computeMac = (key: Buffer, payload: string, revision: number): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([documentSchema, tenant, revision]))
      .update('\n')
      .update(payload)
      .digest()

  const createKey = async (): Promise<{ wrappedKey: string; key: Buffer }> => {
    const key = randomBytes(keyBytes)
    try {
      const wrapped = await keyEncryptionKey.wrap(key, context)
      return { wrappedKey: Buffer.from(wrapped).toString('base64'), key }
    } catch (error) {
      throw keyProviderFailure(error)
    }
  }

  return {
    async encode(document, revision) {
      const { wrappedKey, key } = (known ??= await createKey())
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
      if (seal.wrappedKey !== known?.wrappedKey || seal.keyEncryptionKeyId !== keyEncryptionKey.id) {
        known = { wrappedKey: seal.wrappedKey, key: await unwrapKey(keyEncryptionKey, seal, context) }
      }
      const expected = computeMac(known.key, payload, revision)
      const mac = Buffer.from(seal.mac, 'base64')
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
        throw tampered('The vault was changed by something else than the vault.')
      }
      // Authenticated: what is read here is what `encode` wrote.
      return new Map(JSON.parse(payload) as [string, ProviderKeys][])
    },
  }
}
