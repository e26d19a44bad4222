import { AlfredError } from '@alfred/core'
import type { ClientKeyRecord, ClientKeySecret } from './client-key-record.ts'

/** How many secrets whose time is over are remembered, to tell an old key from a wrong one. */
const keptEnded = 2
/** How many secrets may be valid at once; each stays for the overlap of its rotation. */
const maxValid = 8

const revoked = (id: string, revokedAt: number): AlfredError =>
  new AlfredError('ALFRED_CLIENT_KEY_REVOKED', `The client key ${id} is revoked. Create another one.`, {
    keyId: id,
    revokedAt,
  })

/** The hash of a secret, and when it was made. */
export interface NewSecret {
  readonly hash: string
  readonly now: number
}

/**
 * Puts a new secret in front; those that are valid stay so for `overlapMs`, or for as long as an earlier rotation
 * gave them, whichever is shorter.
 *
 * @throws `AlfredError` `ALFRED_CLIENT_KEY_REVOKED`, `ALFRED_CLIENT_KEY_EXPIRED`, `ALFRED_CLIENT_KEY_TOO_MANY_SECRETS`
 */
export function rotateRecord(
  id: string,
  record: ClientKeyRecord,
  { hash, now }: NewSecret,
  overlapMs: number,
): ClientKeyRecord {
  if (record.revokedAt !== null) throw revoked(id, record.revokedAt)
  if (record.expiresAt !== null && record.expiresAt <= now) {
    throw new AlfredError(
      'ALFRED_CLIENT_KEY_EXPIRED',
      `The client key ${id} has expired. Create another one.`,
      { keyId: id, expiresAt: record.expiresAt },
    )
  }
  const ended = (secret: ClientKeySecret): ClientKeySecret => ({
    ...secret,
    validUntil: Math.min(secret.validUntil ?? Infinity, now + overlapMs),
  })
  const before = record.secrets.map(ended)
  const valid = before.filter(({ validUntil }) => validUntil !== null && validUntil > now)
  if (valid.length >= maxValid) {
    throw new AlfredError(
      'ALFRED_CLIENT_KEY_TOO_MANY_SECRETS',
      `The client key ${id} has ${String(valid.length)} secrets that are still valid. Wait, or rotate it without an overlap.`,
      {
        keyId: id,
        maxSecrets: maxValid,
        retryAt: Math.min(...valid.map(({ validUntil }) => validUntil ?? Infinity)),
      },
    )
  }
  const over = before.filter((secret) => !valid.includes(secret)).slice(0, keptEnded)
  return { ...record, secrets: [{ hash, createdAt: now, validUntil: null }, ...valid, ...over] }
}

/** @throws `AlfredError` `ALFRED_CLIENT_KEY_REVOKED` when it is revoked already */
export function revokeRecord(id: string, record: ClientKeyRecord, now: number): ClientKeyRecord {
  if (record.revokedAt !== null) throw revoked(id, record.revokedAt)
  return { ...record, revokedAt: now }
}
