import {
  addressGroup,
  AlfredError,
  createClientAddressResolver,
  isAlfredError,
  type Lifecycle,
  lifecycle,
  type Middleware,
} from '@alfred/core'
import type { AuditEvent } from '../audit/audit-entry.ts'
import { createAuthentication, createScopeCheck, type RequireScopeOptions } from './authenticate.ts'
import { type ClientKey, toClientKey } from './client-key.ts'
import { revokeRecord, rotateRecord } from './client-key-changes.ts'
import { createClientKeyDirectory, type OpenedPepper } from './client-key-directory.ts'
import { rewrapPepper } from './client-key-pepper.ts'
import { createClientKeyProblems } from './client-key-problems.ts'
import type { ClientKeyRecord } from './client-key-record.ts'
import { createClientKeyFormat, createClientKeyId, isClientKeyId } from './client-key-text.ts'
import { type ClientKeyVerdict, createClientKeyVerifier } from './client-key-verifier.ts'
import {
  type ChangedBy,
  checkNewClientKey,
  checkOverlap,
  type ClientKeysOptions,
  type NewClientKey,
  resolveClientKeysOptions,
} from './client-keys-options.ts'
import { createFailureLimiter } from './failure-limiter.ts'
import { type RedactedText, redactText } from './redacted-text.ts'
import { createUseRecorder } from './use-recorder.ts'

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

/** Makes, verifies and ends the API keys of your clients. */
export interface ClientKeys extends Lifecycle {
  /**
   * Makes a key.
   *
   * @throws `AlfredConfigError` when name, scopes, tenant or expiry cannot be used
   */
  create(key: NewClientKey, by?: ChangedBy): Promise<IssuedClientKey>
  /** All keys, ended ones too, in the order of their ids. */
  list(): Promise<readonly ClientKey[]>
  /**
   * Makes a new secret for a key; id, scopes and expiry stay.
   *
   * @throws `AlfredError` `ALFRED_CLIENT_KEY_NOT_FOUND`, `ALFRED_CLIENT_KEY_REVOKED`, `ALFRED_CLIENT_KEY_EXPIRED`,
   * `ALFRED_CLIENT_KEY_TOO_MANY_SECRETS`
   */
  rotate(id: string, options?: RotateClientKeyOptions): Promise<IssuedClientKey>
  /**
   * Ends a key for good: here at once, on other instances with their next news from the store, within `pollMs`.
   *
   * @throws `AlfredError` `ALFRED_CLIENT_KEY_NOT_FOUND`, `ALFRED_CLIENT_KEY_REVOKED`
   */
  revoke(id: string, by?: ChangedBy): Promise<ClientKey>
  /**
   * Verifies the text of a key, for transports without HTTP headers. Never rejects.
   *
   * @param address - the client's, whose failures are counted; none are without it
   */
  verify(text: string, address?: string): Promise<ClientKeyVerdict>
  /**
   * The middleware: reads `Authorization: Bearer` or `X-API-Key`, and sets `requestContext(request).identity`.
   * Answers 401 without a valid key where one is required, 429 to an address with too many invalid ones, 503 while
   * nobody can tell.
   */
  authenticate(): Middleware
  /**
   * A middleware for routes that need one scope, or several.
   *
   * @throws `AlfredConfigError` when a scope has characters that none may have
   */
  requireScope(scopes: string | readonly string[], options?: RequireScopeOptions): Middleware
  /**
   * Encrypts the store's pepper with the key-encryption key, where one of its `previous` keys did so until now.
   *
   * @returns whether there was anything to do
   */
  rewrap(by?: ChangedBy): Promise<boolean>
  /**
   * Accepts the records that are in the store, as after a backup was restored: without it those that the audit trail knows newer
   * are refused with `ALFRED_VAULT_ROLLED_BACK`. Restart the other instances.
   */
  acceptRestored(by?: ChangedBy): Promise<void>
  /** Asks the store whether it answers, for a health check. */
  ping(): Promise<void>
}

const defaultOverlapMs = 24 * 3_600_000
const longestStartMs = 1000
const listPageSize = 500
/** Each failure means that another writer got on. */
const maxAttempts = 32

/** Begins the actions that the audit trail has of client keys. */
const clientKeyActions = 'client-key.'
const restoredAction = `${clientKeyActions}restored`

const notFound = (): AlfredError =>
  new AlfredError('ALFRED_CLIENT_KEY_NOT_FOUND', 'There is no client key of this id.')

/** Anything else, such as a whole key that was pasted, must not reach the audit trail. */
function requireId(id: string): string {
  if (isClientKeyId(id)) return id
  throw notFound()
}

/** Failures that waiting does not mend. */
const isFinal = (error: unknown): error is AlfredError =>
  isAlfredError(error) && (error.code === 'ALFRED_VAULT_WRONG_KEY' || error.code === 'ALFRED_VAULT_TAMPERED')

/**
 * Builds the API keys of your clients: `alf_live_<id>_<secret><checksum>`, 256 random bits each, of which the store
 * has an HMAC-SHA-256 under a secret pepper.
 *
 * `ready()` resolves when the store is there, or after a second without it: a server may start while its store is
 * down. It rejects when the key-encryption key is the wrong one.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createClientKeys, createFileClientKeyStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
 * import express from 'express'
 *
 * const clientKeys = createClientKeys({
 *   store: createFileClientKeyStore({ path: '.data/client-keys' }),
 *   keyEncryptionKey: keyEncryptionKeyFromFile('.data/vault.key', { create: true }),
 * })
 * await clientKeys.ready()
 *
 * const app = express()
 * app.use(clientKeys.authenticate())
 * app.post('/api/chat', clientKeys.requireScope('chat:write'), (_request, response) => response.json({}))
 * ```
 */
export function createClientKeys(options: ClientKeysOptions): ClientKeys {
  const resolved = resolveClientKeysOptions(options)
  const { store, audit, clock, events, logger } = resolved
  const format = createClientKeyFormat(resolved.prefix, resolved.environment)
  const directory = createClientKeyDirectory({
    ...resolved,
    countChanges: audit && (() => audit.countDone(clientKeyActions, restoredAction)),
  })
  const failures = createFailureLimiter(resolved.invalidLimit, clock, (address) => addressGroup(address))
  const uses = createUseRecorder(store, { clock, logger, flushMs: resolved.lastUsedFlushMs })
  const problems = createClientKeyProblems(resolved.realm)
  const verify = createClientKeyVerifier({
    format,
    directory,
    failures,
    noteUse: (id, now) => {
      uses.note(id, now)
    },
    clock,
    events,
    logger,
  })
  let closed = false

  const open = async (): Promise<OpenedPepper> => {
    if (closed) throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The client keys are closed.')
    let opened = directory.opened()
    if (!opened) {
      await directory.sync()
      opened = directory.opened()
    }
    if (opened) return opened
    throw new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The store of the client keys has not been opened yet.')
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
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const stored = await store.find(id)
      if (!stored) throw notFound()
      directory.requireNewest(stored)
      const now = clock.now()
      const changed = change(opened.codec.decode(stored), opened, now)
      const data = opened.codec.encode(id, stored.revision + 1, changed)
      if (!(await store.write(id, stored.revision, data))) continue
      await syncAfterWrite()
      return toClientKey(id, changed, stored.lastUsedAt, now)
    }
    throw new AlfredError('ALFRED_VAULT_CONFLICT', 'Other writers were always first. Try again.')
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

  let firstSync: Promise<void> | undefined
  const ready = (): Promise<void> =>
    (firstSync ??= new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, longestStartMs)
      directory.sync().then(
        () => {
          timer.cancel()
          resolve()
        },
        (error: unknown) => {
          // What waiting mends is asked for again by the directory.
          if (!isFinal(error)) return
          timer.cancel()
          firstSync = undefined
          reject(error)
        },
      )
    }))

  const authentication = createAuthentication({
    verify,
    problems,
    addresses: createClientAddressResolver(resolved.trustProxy),
    prefix: `${resolved.prefix}_`,
    required: resolved.required,
    optional: resolved.optional,
    events,
    logger,
  })

  return Object.freeze({
    ...lifecycle(async () => {
      closed = true
      directory.close()
      await uses.close()
      await store.close()
    }, ready),
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
        if (await store.write(id, 0, codec.encode(id, 1, record))) return
        throw new AlfredError('ALFRED_VAULT_CONFLICT', 'The id of the new key is taken. Try again.')
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
      recorded('rewrap', resolved.keyEncryptionKey.id, { actor }, () =>
        rewrapPepper(store, resolved.keyEncryptionKey),
      ),
    async acceptRestored({ actor }: ChangedBy = {}) {
      await recorded('restored', '*', { actor }, () => Promise.resolve())
      directory.recount()
    },
    async verify(text: string, address?: string) {
      return verify(text, address)
    },
    authenticate: () => authentication,
    requireScope: (scopes: string | readonly string[], scopeOptions: RequireScopeOptions = {}) =>
      createScopeCheck(problems, typeof scopes === 'string' ? [scopes] : scopes, scopeOptions),
    ping: () => directory.sync(),
  })
}
