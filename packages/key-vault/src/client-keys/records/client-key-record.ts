import { timingSafeEqual } from 'node:crypto'
import { AlfredError } from '@alfred/core'
import type { ClientKeyPepper } from './client-key-pepper.ts'
import type { StoredClientKey } from '../stores/client-key-store.ts'

/** One secret of a key. After a rotation there are two for a while. */
export interface ClientKeySecret {
  readonly hash: string
  readonly createdAt: number
  /** Until when it is accepted, ms since the epoch; `null` for the newest, which the key's own expiry ends. */
  readonly validUntil: number | null
}

/** What is stored of a key. Times are ms since the epoch. */
export interface ClientKeyRecord {
  readonly name: string
  readonly tenant: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** Newest first. */
  readonly secrets: readonly ClientKeySecret[]
}

/** Turns records into text that nobody without the pepper can make or change, and back. */
export interface ClientKeyCodec {
  encode(id: string, revision: number, record: ClientKeyRecord): string
  /** @throws `AlfredError` `ALFRED_VAULT_TAMPERED` */
  decode(stored: StoredClientKey): ClientKeyRecord
}

const schema = 1
/** Base64 of 32 bytes. */
const sealLength = 44

/** Builds the codec. A record is bound to its id and revision: it cannot stand in for another one. */
export function createClientKeyCodec(pepper: ClientKeyPepper): ClientKeyCodec {
  const seal = (id: string, revision: number, payload: string): string =>
    pepper.seal(`${JSON.stringify([schema, id, revision])}\n${payload}`)

  return {
    encode(id, revision, record) {
      const payload = JSON.stringify(record)
      return seal(id, revision, payload) + payload
    },
    decode({ id, revision, data }) {
      const payload = data.slice(sealLength)
      const actual = Buffer.from(data.slice(0, sealLength))
      const expected = Buffer.from(seal(id, revision, payload))
      if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
        throw new AlfredError(
          'ALFRED_VAULT_TAMPERED',
          `The record of the client key ${id} was changed or moved.`,
          { target: 'client-keys', keyId: id },
        )
      }
      // Authenticated: what is read here is what `encode` wrote.
      return JSON.parse(payload) as ClientKeyRecord
    },
  }
}
