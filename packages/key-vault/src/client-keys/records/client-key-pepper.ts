import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { AlfredError } from '@alfred/core'
import {
  keyBytes,
  type KeyContext,
  type KeyEncryptionKeyProvider,
} from '../../key-encryption/key-encryption-key.ts'
import { keyProviderFailure, unwrapKey } from '../../key-encryption/sealed-secret.ts'
import type { ClientKeyStore } from '../stores/client-key-store.ts'

/**
 * The secret without which nothing in the store is of use: hashes of guessed keys cannot be computed, nor
 * records forged.
 */
export interface ClientKeyPepper {
  /** The hash of a key's text, in base64. */
  hash(text: string): string
  /** The authentication code of a record, in base64. */
  seal(text: string): string
}

const schema = 'alfred-client-keys-pepper-1'

interface WrappedPepper {
  readonly keyEncryptionKeyId: string
  readonly wrappedKey: string
}

const contextOf = (keyEncryptionKeyId: string): KeyContext => ({ schema, keyEncryptionKeyId })

function parseWrapped(text: string): WrappedPepper {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) {
      const { keyEncryptionKeyId, wrappedKey } = parsed as Record<string, unknown>
      if (typeof keyEncryptionKeyId === 'string' && typeof wrappedKey === 'string') {
        return { keyEncryptionKeyId, wrappedKey }
      }
    }
  } catch {
    // Told below.
  }
  throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The pepper of the client keys is damaged.', {
    target: 'client-keys',
  })
}

async function wrap(keyEncryptionKey: KeyEncryptionKeyProvider, pepper: Buffer): Promise<string> {
  try {
    const wrapped = await keyEncryptionKey.wrap(pepper, contextOf(keyEncryptionKey.id))
    const stored: WrappedPepper = {
      keyEncryptionKeyId: keyEncryptionKey.id,
      wrappedKey: Buffer.from(wrapped).toString('base64'),
    }
    return JSON.stringify(stored)
  } catch (error) {
    throw keyProviderFailure(error)
  }
}

async function unwrap(keyEncryptionKey: KeyEncryptionKeyProvider, text: string): Promise<Buffer> {
  const stored = parseWrapped(text)
  return unwrapKey(keyEncryptionKey, stored, contextOf(stored.keyEncryptionKeyId))
}

/** One key for each purpose, out of one secret (RFC 5869). */
const derive = (pepper: Buffer, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', pepper, '', `alfred client keys: ${purpose}`, keyBytes)))

function createPepper(bytes: Buffer): ClientKeyPepper {
  const hashKey = derive(bytes, 'hash')
  const sealKey = derive(bytes, 'seal')
  return {
    // The secret has 256 random bits: there is nothing to guess that a slow hash would slow down.
    hash: (text) => createHmac('sha256', hashKey).update(text, 'latin1').digest('base64'),
    seal: (text) => createHmac('sha256', sealKey).update(text).digest('base64'),
  }
}

/** A store that takes no pepper and has none would be asked for ever, and nothing else would run. */
const maxAttempts = 20

const alwaysLate = (): AlfredError =>
  new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The client key store did not save the pepper.', {
    store: 'client keys',
  })

/**
 * Encrypts the pepper of a store with `keyEncryptionKey`, whose `previous` ones may be what it is encrypted with now.
 *
 * @returns whether there was anything to do
 * @throws as `openPepper` does
 */
export async function rewrapPepper(
  store: ClientKeyStore,
  keyEncryptionKey: KeyEncryptionKeyProvider,
): Promise<boolean> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await store.readPepper()
    if (stored === undefined || parseWrapped(stored).keyEncryptionKeyId === keyEncryptionKey.id) return false
    const pepper = await unwrap(keyEncryptionKey, stored)
    if (await store.replacePepper(stored, await wrap(keyEncryptionKey, pepper))) return true
  }
  throw alwaysLate()
}

/**
 * Reads the pepper of a store, or makes it when there is none. Of several processes that make one the first wins.
 *
 * @throws `AlfredError` `ALFRED_VAULT_WRONG_KEY`, `ALFRED_VAULT_TAMPERED`, `ALFRED_VAULT_KEY_PROVIDER_FAILED`,
 * and those of the store
 */
export async function openPepper(
  store: ClientKeyStore,
  keyEncryptionKey: KeyEncryptionKeyProvider,
): Promise<ClientKeyPepper> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await store.readPepper()
    if (stored !== undefined) return createPepper(await unwrap(keyEncryptionKey, stored))
    await store.replacePepper(undefined, await wrap(keyEncryptionKey, randomBytes(keyBytes)))
  }
  throw alwaysLate()
}
