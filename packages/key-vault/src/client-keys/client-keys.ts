import {
  addressGroup,
  type AlfredError,
  createClientAddressResolver,
  isAlfredError,
  type Identity,
  type Lifecycle,
  lifecycle,
  type Middleware,
} from '@alfred/core'
import {
  type AuthenticationParts,
  createAuthentication,
  createScopeCheck,
  everyPath,
  type RequireScopeOptions,
} from './authenticate.ts'
import type { ClientKey } from './records/client-key.ts'
import { createClientKeyDirectory } from './client-key-directory.ts'
import { createClientKeyProblems } from './client-key-problems.ts'
import { createClientKeyFormat } from './records/client-key-text.ts'
import {
  clientKeyActions,
  createClientKeyWriter,
  type IssuedClientKey,
  restoredAction,
  type RotateClientKeyOptions,
} from './client-key-writer.ts'
import { type ClientKeyVerdict, createClientKeyVerifier } from './client-key-verifier.ts'
import {
  type ChangedBy,
  type ClientKeysOptions,
  type NewClientKey,
  resolveClientKeysOptions,
} from './client-keys-options.ts'
import { createFailureLimiter } from './failure-limiter.ts'
import { createUseRecorder } from './use-recorder.ts'

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
   * The middleware of an application: reads `Authorization: Bearer` or `X-API-Key` on the paths of `required` and `optional`, and
   * sets `requestContext(request).identity`. Answers 401 without a valid key where one is required, 429 to an address with
   * too many invalid ones, 503 while nobody can tell.
   */
  readonly middleware: Middleware
  /**
   * A middleware for a route or a router: asks for a key on every request that reaches it, whatever `required` and `optional`
   * say. Answers as {@link middleware} does.
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

const maxStartMs = 1000

/** Failures that waiting does not mend. */
const isFinal = (error: unknown): error is AlfredError =>
  isAlfredError(error, 'ALFRED_VAULT_WRONG_KEY', 'ALFRED_VAULT_TAMPERED')

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
 * import { keyEncryptionKeyFromFile } from '@alfred/key-vault'
 * import { createClientKeys, createFileClientKeyStore } from '@alfred/key-vault/client-keys'
 * import express from 'express'
 *
 * const clientKeys = createClientKeys({
 *   store: createFileClientKeyStore({ path: '.data/client-keys' }),
 *   keyEncryptionKey: keyEncryptionKeyFromFile('.data/vault.key', { create: true }),
 * })
 * await clientKeys.ready()
 *
 * const app = express()
 * app.use(clientKeys.middleware)
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
  const writer = createClientKeyWriter(resolved, format, directory)

  let firstSync: Promise<void> | undefined
  const ready = (): Promise<void> =>
    (firstSync ??= new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, maxStartMs)
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

  const issued = new WeakSet<Identity>()
  const parts: AuthenticationParts = {
    issued,
    verify,
    problems,
    addresses: createClientAddressResolver(resolved.trustProxy),
    prefix: `${resolved.prefix}_`,
    events,
    logger,
  }
  const middleware = createAuthentication(parts, resolved)
  const onRoute = createAuthentication(parts, everyPath)

  return Object.freeze({
    ...lifecycle(async () => {
      writer.close()
      directory.close()
      await uses.close()
      await store.close()
    }, ready),
    ...writer.changes,
    async verify(text: string, address?: string) {
      return verify(text, address)
    },
    middleware,
    authenticate: () => onRoute,
    requireScope: (scopes: string | readonly string[], scopeOptions: RequireScopeOptions = {}) =>
      createScopeCheck(problems, issued, typeof scopes === 'string' ? [scopes] : scopes, scopeOptions),
    ping: () => directory.sync(),
  })
}
