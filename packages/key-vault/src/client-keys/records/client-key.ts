import type { ClientKeyRecord } from './client-key-record.ts'

/** What is known of a client's key. It holds no part of a secret. Times are ms since the epoch. */
export interface ClientKey {
  /** The part of the key that is no secret: it may stand in logs, and stays the same through rotations. */
  readonly id: string
  /** Whose or what for it is, in the operator's words. */
  readonly name: string
  readonly tenant: string
  readonly scopes: readonly string[]
  readonly status: 'active' | 'expired' | 'revoked'
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  /** When the newest secret was made. */
  readonly rotatedAt: number
  /** Until when a secret from before the last rotation is still accepted; `undefined` when none is. */
  readonly overlapEndsAt: number | undefined
  /** To about a minute. */
  readonly lastUsedAt: number | undefined
}

function statusOf({ revokedAt, expiresAt }: ClientKeyRecord, now: number): ClientKey['status'] {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active'
}

/** The record without its hashes. */
export function toClientKey(
  id: string,
  record: ClientKeyRecord,
  lastUsedAt: number | undefined,
  now: number,
): ClientKey {
  const status = statusOf(record, now)
  const overlapEnds = record.secrets.flatMap(({ validUntil }) =>
    validUntil !== null && validUntil > now && status === 'active' ? [validUntil] : [],
  )
  return Object.freeze({
    id,
    name: record.name,
    tenant: record.tenant,
    scopes: Object.freeze([...record.scopes]),
    status,
    createdAt: record.createdAt,
    expiresAt: record.expiresAt ?? undefined,
    revokedAt: record.revokedAt ?? undefined,
    rotatedAt: record.secrets[0]?.createdAt ?? record.createdAt,
    overlapEndsAt: overlapEnds.length === 0 ? undefined : Math.max(...overlapEnds),
    lastUsedAt,
  })
}
