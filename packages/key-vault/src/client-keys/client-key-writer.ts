import { AlfredError, retryOnConflict } from '@alfred/core'
import type { AuditEvent } from '../audit/audit-entry.ts'
import { type ClientKey, toClientKey } from './records/client-key.ts'
import { revokeRecord, rotateRecord } from './records/client-key-changes.ts'
import type { ClientKeyDirectory, OpenedPepper } from './client-key-directory.ts'
import { rewrapPepper } from './records/client-key-pepper.ts'
import type { ClientKeyRecord } from './records/client-key-record.ts'
import { type ClientKeyFormat, createClientKeyId, isClientKeyId } from './records/client-key-text.ts'
import {
  type ChangedBy,
  checkNewClientKey,
  checkOverlap,
  type NewClientKey,
  type ResolvedClientKeysOptions,
} from './client-keys-options.ts'
import { type RedactedText, redactText } from './records/redacted-text.ts'

/** A key whose secret was just made. It is shown this once: the store has only its hash. */
export interface IssuedClientKey {
  readonly key: ClientKey
  /** What to hand to the client. */
  readonly secret: RedactedText
}

/** Options of `rotate`. */
export interface RotateClientKeyOptions extends ChangedBy {
  /** How long the secret from before stays valid; 0 ends it at once. @default 24 hours */
  readonly overlapMs?: number | undefined
}

/** Changes the keys of a store. What each does is said at `ClientKeys`. */
export interface ClientKeyChanges {
  create(key: NewClientKey, by?: ChangedBy): Promise<IssuedClientKey>
  list(): Promise<readonly ClientKey[]>
  rotate(id: string, options?: RotateClientKeyOptions): Promise<IssuedClientKey>
  revoke(id: string, by?: ChangedBy): Promise<ClientKey>
  rewrap(by?: ChangedBy): Promise<boolean>
  acceptRestored(by?: ChangedBy): Promise<void>
}

const defaultOverlapMs = 24 * 3_600_000
const listPageSize = 500
/** Each failure means that another writer got on. */
const retries = { maxAttempts: 32, store: 'client keys' }

/** Begins the actions that the audit trail has of client keys. */
export const clientKeyActions = 'client-key.'
/** The action after which the records that are in the store count. */
export const restoredAction = `${clientKeyActions}restored`

const notFound = (keyId?: string): AlfredError =>
  new AlfredError('ALFRED_CLIENT_KEY_NOT_FOUND', 'There is no client key with this id.', { keyId })

/** Anything else, such as a whole key that was pasted, must not reach the audit trail. */
function requireId(id: string): string {
  if (isClientKeyId(id)) return id
  throw notFound()
}

/** Builds the changes, and what ends them. */
export function createClientKeyWriter(
  { store, audit, keyEncryptionKey, clock, events, logger }: ResolvedClientKeysOptions,
  format: ClientKeyFormat,
  directory: ClientKeyDirectory,
): { readonly changes: ClientKeyChanges; close(): void } {
  let closed = false

  const open = async (): Promise<OpenedPepper> => {
    if (closed)
      throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The client keys are closed.', {
        component: 'client keys',
      })
    let opened = directory.opened()
    if (!opened) {
      await directory.sync()
      opened = directory.opened()
    }
    if (opened) return opened
    throw new AlfredError(
      'ALFRED_STORE_UNAVAILABLE',
      'The store of the client keys has not been opened yet.',
      {
        store: 'client keys',
      },
    )
  }

  const announce = (keyId: string, change: 'created' | 'rotated' | 'revoked'): void => {
    logger.info({ keyId, change }, 'a client key changed')
    events?.emit('client-key.changed', { keyId, change })
  }

  /** Does a change between two entries of the audit trail, where there is one. */
  const recorded = <T>(
    action: string,
    keyId: string,
    { actor, details }: Pick<AuditEvent, 'actor' | 'details'>,
    work: () => Promise<T>,
  ): Promise<T> =>
    audit ? audit.record({ action: clientKeyActions + action, subject: keyId, actor, details }, work) : work()

  /** What this process remembers of a key it has written is out of date; a failure is told of elsewhere. */
  const syncAfterWrite = (): Promise<void> => directory.sync().catch(() => undefined)

  const mutate = async (
    id: string,
    change: (record: ClientKeyRecord, opened: OpenedPepper, now: number) => ClientKeyRecord,
  ): Promise<ClientKey> => {
    const opened = await open()
    return retryOnConflict(retries, async () => {
      const stored = await store.find(id)
      if (!stored) throw notFound(id)
      directory.requireNewest(stored)
      const now = clock.now()
      const changed = change(opened.codec.decode(stored), opened, now)
      const data = opened.codec.encode(id, stored.revision + 1, changed)
      if (!(await store.write(id, stored.revision, data))) return undefined
      directory.noteWritten(id, stored.revision + 1)
      await syncAfterWrite()
      return { value: toClientKey(id, changed, stored.lastUsedAt, now) }
    })
  }

  const list = async (): Promise<readonly ClientKey[]> => {
    const { codec } = await open()
    const keys: ClientKey[] = []
    const now = clock.now()
    for (let after: string | undefined; ;) {
      const page = await store.list(after, listPageSize)
      for (const stored of page) {
        keys.push(toClientKey(stored.id, codec.decode(stored), stored.lastUsedAt, now))
      }
      after = page.at(-1)?.id
      if (page.length < listPageSize) return keys
    }
  }

  const changes: ClientKeyChanges = {
    async create(key: NewClientKey, { actor }: ChangedBy = {}) {
      const createdAt = clock.now()
      const checked = checkNewClientKey(key, createdAt)
      const { pepper, codec } = await open()
      const id = createClientKeyId()
      const text = format.write(id)
      const record: ClientKeyRecord = {
        ...checked,
        createdAt,
        revokedAt: null,
        secrets: [{ hash: pepper.hash(text), createdAt, validUntil: null }],
      }
      const { name, tenant, scopes } = checked
      const details = { name, tenant, scopes: scopes.join(' ') }
      await recorded('create', id, { actor, details }, async () => {
        if (await store.write(id, 0, codec.encode(id, 1, record))) {
          directory.noteWritten(id, 1)
          return
        }
        throw new AlfredError('ALFRED_VAULT_CONFLICT', 'The id of the new key is taken. Retry.', {
          store: 'client keys',
        })
      })
      await syncAfterWrite()
      announce(id, 'created')
      return { key: toClientKey(id, record, undefined, createdAt), secret: redactText(text) }
    },
    list,
    async rotate(id: string, { overlapMs = defaultOverlapMs, actor }: RotateClientKeyOptions = {}) {
      checkOverlap(overlapMs)
      const text = format.write(requireId(id))
      const key = await recorded('rotate', id, { actor, details: { overlapMs } }, () =>
        mutate(id, (record, { pepper }, now) =>
          rotateRecord(id, record, { hash: pepper.hash(text), now }, overlapMs),
        ),
      )
      announce(id, 'rotated')
      return { key, secret: redactText(text) }
    },
    async revoke(id: string, { actor }: ChangedBy = {}) {
      const key = await recorded('revoke', requireId(id), { actor }, () =>
        mutate(id, (record, _opened, now) => revokeRecord(id, record, now)),
      )
      announce(id, 'revoked')
      return key
    },
    rewrap: ({ actor }: ChangedBy = {}) =>
      recorded('rewrap', keyEncryptionKey.id, { actor }, () => rewrapPepper(store, keyEncryptionKey)),
    async acceptRestored({ actor }: ChangedBy = {}) {
      await recorded('restored', '*', { actor }, () => Promise.resolve())
      directory.recount()
    },
  }
  return {
    changes,
    close() {
      closed = true
    },
  }
}
