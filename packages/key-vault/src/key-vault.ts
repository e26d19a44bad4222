import { randomUUID } from 'node:crypto'
import { AlfredError, type Lifecycle, lifecycle, option, readOptions } from '@alfred/core'
import { createKeyLeases, type KeyLease } from './vault/key-leases.ts'
import {
  addVersion,
  changeRotation,
  findVersion,
  keysOf,
  promotePending,
  rollBack,
} from './vault/key-stages.ts'
import { revokeVersion } from './vault/end-version.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { findExistingVersion } from './vault/find-existing-version.ts'
import { type KeyReplacement, replaceKey } from './rotation/replace-key.ts'
import { requestRotation, type RotationRequest } from './rotation/request-rotation.ts'
import { createInstanceNotes } from './rotation/instance-notes.ts'
import { replanned } from './rotation/plan.ts'
import { createRotationLoop } from './rotation/rotation-loop.ts'
import { createRotator } from './rotation/rotator.ts'
import { rewrapDocument } from './vault/rewrap-document.ts'
import { sealSecret } from './key-encryption/sealed-secret.ts'
import type { Secret } from './key-encryption/secret.ts'
import { createVaultCore } from './vault/vault-core.ts'
import { checkStaged, type KeyVaultOptions, resolveKeyVaultOptions } from './vault/vault-options.ts'
import { reportOn, type VaultReport } from './vault-report.ts'
import type { KeyStage } from './vault/vault-document.ts'
import { type KeyAttempt, useKey } from './vault/with-key.ts'

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
   * Runs `use` with the current key, which is held meanwhile. When the provider refuses that key, another version is
   * in the store by now, and nothing was streamed yet, `use` runs once more.
   *
   * @param use - is given the key, and how to say that its answer is being streamed. It rejects as the provider's SDK does.
   * @throws as `get` and `use` do
   */
  withKey<T>(provider: string, use: (apiKey: string, attempt: KeyAttempt) => Promise<T>): Promise<T>
  /**
   * Stores a key as pending. Pending keys of a provider are its pool: rotations use them, the oldest first.
   *
   * @param options - `remoteId` is the provider's id of the key, if you know it
   * @returns its version, which is not a new one when the vault holds this key already
   * @throws `AlfredConfigError` when the name or the key has characters that none may have;
   * `AlfredError` `ALFRED_VAULT_WRONG_STAGE` when it is a key whose time is over
   */
  stage(
    provider: string,
    secret: string,
    options?: { readonly remoteId?: string | undefined },
  ): Promise<number>
  /**
   * Rotates the key of a provider now, and waits until the new one is current, whichever instance does it.
   *
   * @returns the version that is current
   * @throws `AlfredError` `ALFRED_VAULT_ROTATION_FAILED` when this attempt fails or takes too long; it is repeated by itself later.
   * `AlfredConfigError` when the provider is none of `providers`
   */
  rotate(provider: string, options?: RotationRequest): Promise<number>
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
   * Ends a version. Where the provider's adapter can revoke, that follows at once. It is `revoked` when the provider refuses it; until
   * then it is on its way, or `revocation-due` when somebody has to revoke it there.
   *
   * @param options - `force` ends it even when it is current, which leaves the provider without a key until the next is
   * made, or held by leases, which go on with what they have. It skips every grace, as a leaked key asks for. `confirmed` says
   * that you have revoked it there: it is taken for `revoked` without a look.
   * @returns the stage it has come to
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`, `ALFRED_VAULT_KEY_IN_USE`
   */
  revoke(
    provider: string,
    version: number,
    options?: { readonly force?: boolean | undefined; readonly confirmed?: boolean | undefined },
  ): Promise<KeyStage>
  /**
   * Replaces a key that has leaked: another is made, tested and made current, then the leaked one is ended without a grace. When
   * that is not done in time the leaked one is ended anyway, and the newest that has not leaked takes its place.
   *
   * @param options - `deadlineMs` is the longest time in which the leaked key stays in use
   * @default deadlineMs 300000
   * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE` for one that has ended
   */
  replace(
    provider: string,
    version: number,
    options?: { readonly deadlineMs?: number | undefined },
  ): Promise<KeyReplacement>
  /** Reads the store again, for what other processes changed. When it fails the keys known so far stay. */
  refresh(): Promise<void>
  /**
   * Encrypts everything anew that one of the key-encryption key's `previous` keys encrypted: secrets, the document and
   * the key of the audit trail. It may be cut off anywhere and called again; meanwhile both keys are needed.
   *
   * @returns how many records were encrypted anew
   */
  rewrap(): Promise<number>
  /**
   * Accepts the state that the store is in, as after a failover that lost a write or a restore: until then an older state than was seen
   * is refused with `ALFRED_VAULT_ROLLED_BACK`, and nothing is changed. It is noted in the trail. Call it on every instance.
   *
   * @returns the revision that was accepted
   */
  acceptRestored(): Promise<number>
  /** The trail of what was changed, by whom and when. */
  readonly audit: AuditLog
  /** What the vault holds, without secrets. Throws as `get` does before `ready()`. */
  report(): VaultReport
}

/** How long a leaked key may stay in use while another is made. */
const defaultReplaceMs = 300_000

/** What a pass of `rewrap` does at most before it writes, in ms. */
const passMs = 1000

/**
 * Builds a vault: provider keys, encrypted in a store, in versions that go pending → current → previous → revoked,
 * and, for the `providers` it is given, rotates them.
 *
 * Each key is encrypted by AES-256-GCM with a data key of its own, and bound to its tenant, provider and version.
 * Await `ready()` before the first use. Changes by other processes are seen within `pollMs`.
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
  const resolved = resolveKeyVaultOptions(options)
  const { store, keyEncryptionKey, tenant, providers, clock, pollMs, leaseMs } = resolved
  const core = createVaultCore(resolved)
  const leases = createKeyLeases()
  const notes = createInstanceNotes(store, leases, randomUUID(), Math.max(3 * pollMs, leaseMs), clock)
  const rotator = createRotator(core, resolved, notes)
  const pass = (): Promise<void> => (resolved.rotate ? rotator.pass() : Promise.resolve())
  const loop = createRotationLoop({ ...resolved, core, notes, pass })

  let starting: Promise<void> | undefined
  const ready = async (): Promise<void> => {
    await core.ready()
    await (starting ??= loop.start())
  }

  const get = (provider: string): Secret => {
    const secret = core.state().current.get(provider)
    if (secret) return secret
    throw new AlfredError('ALFRED_VAULT_KEY_NOT_FOUND', `The vault has no current key of ${provider}.`, {
      provider,
    })
  }
  const lease = (provider: string): KeyLease => leases.take(get(provider))

  const close = async (): Promise<void> => {
    await loop.stop()
    await rotator.stop()
    await core.close()
  }

  return Object.freeze({
    ...lifecycle(close, ready),
    get,
    lease,
    apiKey: (provider: string) => async () => {
      await ready()
      return get(provider).reveal()
    },
    withKey: <T>(provider: string, use: (apiKey: string, attempt: KeyAttempt) => Promise<T>) =>
      useKey({ lease, refresh: core.refresh }, provider, use),
    async stage(
      provider: string,
      secret: string,
      { remoteId }: { readonly remoteId?: string | undefined } = {},
    ) {
      checkStaged(provider, secret)
      return core.mutate(async (document, moment) => {
        const existing = await findExistingVersion(core, document, provider, secret)
        if (existing !== undefined) return [document, existing] as const
        const version = keysOf(document, provider).nextVersion
        const sealed = await sealSecret(keyEncryptionKey, { tenant, provider, version }, secret)
        const fields = remoteId === undefined ? { sealed } : { sealed, remoteId }
        return [addVersion(document, provider, fields, moment), version] as const
      })
    },
    promote: (provider: string, version: number) =>
      core.mutate(async (document, moment) => {
        const promoted = promotePending(document, provider, version, moment)
        // Opened before it becomes current: a key that cannot be used must not replace one that can.
        await core.open(provider, findVersion(document, provider, version))
        const policy = providers.get(provider)
        return [policy ? replanned(promoted, provider, policy, moment.now) : promoted, undefined] as const
      }),
    rotate: (provider: string, request: RotationRequest = {}) =>
      requestRotation({ core, clock, pollMs, providers, tick: loop.tick }, provider, request),
    rollback: (provider: string) =>
      core.mutate((document, moment) => Promise.resolve(rollBack(document, provider, moment))),
    async revoke(
      provider: string,
      version: number,
      {
        force = false,
        confirmed = false,
      }: { readonly force?: boolean | undefined; readonly confirmed?: boolean | undefined } = {},
    ) {
      // Without `revoke` too: the rotation asks whether the provider refuses it.
      const remotely = providers.has(provider)
      await core.mutate((document, moment) => {
        const how = { ...moment, force, remotely, confirmed }
        const changed = revokeVersion(document, provider, version, how)
        const leaseCount = leases.count(provider, version)
        if (!force && leaseCount > 0) {
          throw new AlfredError(
            'ALFRED_VAULT_KEY_IN_USE',
            `Version ${String(version)} of ${provider} is held by a lease.`,
            { provider, version, leases: leaseCount },
          )
        }
        // A new key does not wait for what failed before.
        const now = remotely ? changeRotation(changed, provider, { retryAt: moment.now }) : changed
        return Promise.resolve([now, undefined] as const)
      })
      if (remotely && !confirmed) await loop.tick()
      if (!remotely && !confirmed) resolved.events?.emit('vault.revocation-due', { provider, version })
      return findVersion(core.state().document, provider, version).stage
    },
    replace: (
      provider: string,
      version: number,
      { deadlineMs = defaultReplaceMs }: { readonly deadlineMs?: number | undefined } = {},
    ) => {
      readOptions('vault.replace.deadlineMs', deadlineMs, option.integer({ min: 0, max: 86_400_000 }))
      return replaceKey({ core, clock, pollMs, tick: loop.tick }, provider, version, deadlineMs)
    },
    async rewrap() {
      await core.audit.rewrap()
      let rewrapped = 0
      for (;;) {
        const pass = await core.mutate(
          async (document) => {
            const done = await rewrapDocument(document, keyEncryptionKey, { tenant, clock, passMs })
            return [done.document, done] as const
          },
          undefined,
          { action: 'vault.rewrap', subject: keyEncryptionKey.id },
        )
        rewrapped += pass.rewrapped
        if (pass.left === 0) return rewrapped
      }
    },
    async acceptRestored() {
      const revision = await core.acceptRestored()
      await loop.tick()
      return revision
    },
    audit: core.audit,
    refresh: core.refresh,
    report: () => reportOn(core.state().document, leases, providers, core.time.now()),
  })
}
