import { randomBytes } from 'node:crypto'
import { AlfredError } from '@alfred/core'
import {
  keyBytes,
  type KeyContext,
  type KeyEncryptionKeyProvider,
} from '../key-encryption/key-encryption-key.ts'
import { keyProviderFailure, unwrapKey } from '../key-encryption/sealed-secret.ts'
import { type AuditEntry, parseAuditLine } from './audit-entry.ts'
import { readSlices, type ReadableTrail } from './read-slices.ts'
import { damagedTrail } from './tampered-trail.ts'

/** The action of the entries that hold the chain's key, encrypted. The first entry of a trail is one. */
export const keyAction = 'audit.key'

/** What such an entry says. */
type WrappedAuditKey = Readonly<{ keyEncryptionKeyId: string; wrappedKey: string }>

const schema = 'alfred-vault-audit-1'
const contextOf = (tenant: string, keyEncryptionKeyId: string): KeyContext => ({
  schema,
  tenant,
  keyEncryptionKeyId,
})

/** A new key for a chain. */
export const createAuditKey = (): Buffer => randomBytes(keyBytes)

/** Encrypts the key of a chain for its trail. */
export async function wrapAuditKey(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  tenant: string,
  key: Buffer,
): Promise<WrappedAuditKey> {
  try {
    const wrapped = await keyEncryptionKey.wrap(key, contextOf(tenant, keyEncryptionKey.id))
    return {
      keyEncryptionKeyId: keyEncryptionKey.id,
      wrappedKey: Buffer.from(wrapped).toString('base64'),
    }
  } catch (error) {
    throw keyProviderFailure(error)
  }
}

function readWrapped({ action, details }: AuditEntry): WrappedAuditKey | undefined {
  const { keyEncryptionKeyId, wrappedKey } = details ?? {}
  if (action !== keyAction || typeof keyEncryptionKeyId !== 'string' || typeof wrappedKey !== 'string') {
    return undefined
  }
  return { keyEncryptionKeyId, wrappedKey }
}

/** Which key-encryption key an entry's key is encrypted with; `undefined` for all other entries. */
export const keyIdOf = (entry: AuditEntry): string | undefined => readWrapped(entry)?.keyEncryptionKeyId

/**
 * The entry whose key a key-encryption key opens: the first, unless the chain's key was wrapped anew since.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`
 */
export async function findKeyEntry(trail: ReadableTrail, keyEncryptionKeyId: string): Promise<AuditEntry> {
  const [firstLine] = (await trail.readAudit(0, 1)).entries
  if (firstLine === undefined) throw damagedTrail()
  const first = parseAuditLine(firstLine)
  if (keyIdOf(first) === keyEncryptionKeyId) return first
  for await (const { entries } of readSlices(trail, 1)) {
    for (const line of entries) {
      if (!line.includes(keyAction)) continue
      const entry = parseAuditLine(line)
      if (keyIdOf(entry) === keyEncryptionKeyId) return entry
    }
  }
  return first
}

/**
 * Decrypts the key in an entry.
 *
 * @throws `AlfredError` `ALFRED_VAULT_TAMPERED`, `ALFRED_VAULT_WRONG_KEY`, `ALFRED_VAULT_KEY_PROVIDER_FAILED`
 */
export async function unwrapAuditKey(
  keyEncryptionKey: KeyEncryptionKeyProvider,
  tenant: string,
  entry: AuditEntry,
): Promise<Buffer> {
  const wrapped = readWrapped(entry)
  if (!wrapped)
    throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The audit trail does not begin with its key.', {
      target: 'audit-trail',
    })
  return unwrapKey(keyEncryptionKey, wrapped, contextOf(tenant, wrapped.keyEncryptionKeyId))
}
