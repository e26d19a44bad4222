import { AlfredError, type Lifecycle, lifecycle } from '@alfred/core'
import { createKeyLeases, type KeyLease } from './key-leases.ts'
import {
  addPending,
  findVersion,
  keysOf,
  type Moment,
  promotePending,
  revokeVersion,
  rollBack,
} from './key-stages.ts'
import { openSecret, sealSecret } from './sealed-secret.ts'
import { createSecret, type Secret } from './secret.ts'
import { createDocumentCodec, type KeyVersion, type VaultDocument } from './vault-document.ts'
import { checkStaged, type KeyVaultOptions, resolveKeyVaultOptions } from './vault-options.ts'
import { reportOn, type VaultReport } from './vault-report.ts'

/** Holds the keys of providers. Reads come from memory; changes are one atomic write each. */
export interface KeyVault extends Lifecycle {
  /**
   * The current key of a provider, at once. Ask again for each request: it changes with a rotation.
   *
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_NOT_READY` before `ready()` resolved
   */
  get(provider: string): Secret
  /** The current key, held for the length of a stream. Throws as `get` does. */
  lease(provider: string): KeyLease
  /** A function for the `apiKey` option of a provider's SDK, which calls it for each request. */
  apiKey(provider: string): () => Promise<string>
  /**
   * Stores a key as pending.
   *
   * @returns its version
   * @throws `AlfredConfigError` when the name or the key has characters that none may have
   */
  stage(provider: string, secret: string): Promise<number>
  /**
   * Makes a pending version current; the current one becomes previous in the same write.
   *
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
   */
  promote(provider: string, version: number): Promise<void>
  /**
   * Makes the newest previous version current again; the current one becomes previous.
   *
   * @returns the version that is current now
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND` when there is no previous version
   */
  rollback(provider: string): Promise<number>
  /**
   * Ends a version and removes its ciphertext from the vault. It does not revoke the key at the provider.
   *
   * @param options - `force` ends it even when it is current, which leaves the provider without a key, or
   * held by leases of this process, which go on with what they have
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`, `ALFRED_VAULT_KEY_IN_USE`
   */
  revoke(provider: string, version: number, options?: { readonly force?: boolean | undefined }): Promise<void>
  /** Reads the store again, for what other processes changed. When it fails the keys known so far stay. */
  refresh(): Promise<void>
  /** What the vault holds, without secrets. Throws as `get` does before `ready()`. */
  report(): VaultReport
}

/** How often a change is tried anew when other writers come first. Each failure means that one of them got on. */
const maxAttempts = 64

interface VaultState {
  readonly revision: number
  readonly document: VaultDocument
  /** The current key by provider. */
  readonly current: ReadonlyMap<string, Secret>
}

/**
 * Builds a vault: provider keys, encrypted in a store, in versions that go pending → current → previous → revoked.
 *
 * Each key is encrypted by AES-256-GCM with a data key of its own, and bound to its tenant, provider and version.
 * Await `ready()` before the first use. Changes by other processes are seen after `refresh()` or the next change
 * of one's own.
 *
 * The calls that read the store reject with `AlfredError`s `ALFRED_VAULT_WRONG_KEY`, `ALFRED_VAULT_TAMPERED`,
 * `ALFRED_VAULT_KEY_PROVIDER_FAILED`, `ALFRED_VAULT_CONFLICT` and those of the store.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createFileVaultStore, createKeyVault, keyEncryptionKeyFromFile } from '@alfred/key-vault'
 *
 * const vault = createKeyVault({
 *   store: createFileVaultStore({ path: '.data/keys.vault' }),
 *   keyEncryptionKey: keyEncryptionKeyFromFile('.data/vault.key', { create: true }),
 * })
 *
 * export async function rotate(newKey: string): Promise<void> {
 *   await vault.ready()
 *   await vault.promote('openai', await vault.stage('openai', newKey))
 * }
 * ```
 */
export function createKeyVault(options: KeyVaultOptions): KeyVault {
  const { store, keyEncryptionKey, tenant, events, logger, clock } = resolveKeyVaultOptions(options)
  const codec = createDocumentCodec(keyEncryptionKey, tenant)
  const leases = createKeyLeases()
  /** Opened secrets by the id of their data key. */
  let opened = new Map<string, Secret>()
  let state: VaultState | undefined
  let seenRevision = 0
  let closed = false

  const requireOpen = (): void => {
    if (closed) throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The vault is closed.')
  }

  const requireState = (): VaultState => {
    if (state) return state
    requireOpen()
    throw new AlfredError('ALFRED_VAULT_NOT_READY', 'The vault has not been read yet. Await ready() first.')
  }

  const open = async (provider: string, { version, sealed }: KeyVersion): Promise<Secret | undefined> => {
    if (!sealed) return undefined
    const known = opened.get(sealed.dataKeyId)
    if (known) return known
    const value = await openSecret(keyEncryptionKey, { tenant, provider, version }, sealed)
    const secret = createSecret(provider, version, value)
    opened.set(sealed.dataKeyId, secret)
    return secret
  }

  const load = async (): Promise<{ revision: number; document: VaultDocument }> => {
    const { revision, data } = await store.read()
    if (revision < seenRevision) {
      throw new AlfredError('ALFRED_VAULT_TAMPERED', 'The vault went back to an earlier revision.')
    }
    const document: VaultDocument = data === undefined ? new Map() : await codec.decode(data, revision)
    seenRevision = revision
    return { revision, document }
  }

  const announce = (before: VaultDocument, after: VaultDocument): void => {
    for (const [provider, keys] of after) {
      const stages = new Map(keysOf(before, provider).versions.map(({ version, stage }) => [version, stage]))
      for (const { version, stage } of keys.versions) {
        if (stages.get(version) === stage) continue
        logger.info({ provider, version, stage }, 'a provider key changed')
        events?.emit('vault.key-changed', { provider, version, stage })
      }
    }
  }

  /** Opens what may be asked for, then takes the document over at once. */
  const adopt = async (document: VaultDocument, revision: number): Promise<void> => {
    const current = new Map<string, Secret>()
    const inUse = new Map<string, Secret>()
    for (const [provider, { versions }] of document) {
      for (const version of versions) {
        // Previous ones too: a rollback must not depend on a key service that is down.
        if (version.stage !== 'current' && version.stage !== 'previous') continue
        const secret = await open(provider, version)
        if (!secret || !version.sealed) continue
        inUse.set(version.sealed.dataKeyId, secret)
        if (version.stage === 'current') current.set(provider, secret)
      }
    }
    if (closed) return
    opened = inUse
    const before = state?.document
    state = { revision, document, current }
    seenRevision = revision
    if (before) announce(before, document)
  }

  // Work on the store is done one at a time, in the order of the calls.
  let last: Promise<unknown> = Promise.resolve()
  const enqueue = <T>(task: () => Promise<T>): Promise<T> => {
    const run = last.then(() => {
      requireOpen()
      return task()
    })
    last = run.catch(() => undefined)
    return run
  }

  const refresh = (): Promise<void> =>
    enqueue(async () => {
      const { document, revision } = await load()
      if (revision !== state?.revision) await adopt(document, revision)
    })

  const mutate = <T>(
    change: (document: VaultDocument, moment: Moment) => Promise<readonly [VaultDocument, T]>,
  ): Promise<T> =>
    enqueue(async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const { document, revision } = await load()
        const moment: Moment = { now: clock.now(), revision: revision + 1 }
        const [changed, result] = await change(document, moment)
        const data = await codec.encode(changed, moment.revision)
        if (await store.compareAndSet(revision, data)) {
          await adopt(changed, moment.revision)
          return result
        }
      }
      throw new AlfredError('ALFRED_VAULT_CONFLICT', 'Other writers were always first. Try again.')
    })

  let loading: Promise<void> | undefined
  const ready = (): Promise<void> =>
    (loading ??= store
      .ready()
      .then(refresh)
      .catch((error: unknown) => {
        // The store may be back at the next call.
        loading = undefined
        throw error
      }))

  const get = (provider: string): Secret => {
    const secret = requireState().current.get(provider)
    if (secret) return secret
    throw new AlfredError('ALFRED_VAULT_KEY_NOT_FOUND', `The vault has no current key of ${provider}.`)
  }

  const close = async (): Promise<void> => {
    closed = true
    state = undefined
    await last
    opened.clear()
    await store.close()
  }

  return Object.freeze({
    ...lifecycle(close, ready),
    get,
    lease: (provider: string) => leases.take(get(provider)),
    apiKey: (provider: string) => async () => {
      await ready()
      return get(provider).reveal()
    },
    async stage(provider: string, secret: string) {
      checkStaged(provider, secret)
      return mutate(async (document, moment) => {
        const version = keysOf(document, provider).nextVersion
        const sealed = await sealSecret(keyEncryptionKey, { tenant, provider, version }, secret)
        return [addPending(document, provider, sealed, moment), version] as const
      })
    },
    promote: (provider: string, version: number) =>
      mutate(async (document, moment) => {
        const changed = promotePending(document, provider, version, moment)
        // Opened before it becomes current: a key that cannot be used must not replace one that can.
        await open(provider, findVersion(document, provider, version))
        return [changed, undefined] as const
      }),
    rollback: (provider: string) =>
      mutate((document, moment) => Promise.resolve(rollBack(document, provider, moment))),
    revoke: (provider: string, version: number, { force = false } = {}) =>
      mutate((document, moment) => {
        const changed = revokeVersion(document, provider, version, { ...moment, force })
        if (!force && leases.count(provider, version) > 0) {
          throw new AlfredError(
            'ALFRED_VAULT_KEY_IN_USE',
            `Version ${String(version)} of ${provider} is held by a lease.`,
          )
        }
        return Promise.resolve([changed, undefined] as const)
      }),
    refresh,
    report: () => reportOn(requireState().document, leases),
  })
}
