import { AlfredError } from '@alfred/core'
import type { KeyStage, KeyVersion, ProviderKeys, VaultDocument } from './vault-document.ts'
import type { SealedSecret } from './sealed-secret.ts'

/** When a change happens. */
export interface Moment {
  readonly now: number
  readonly revision: number
}

/** How many revoked versions a provider's record remembers; the number of a version is never used again. */
const keptRevoked = 20

const empty: ProviderKeys = { nextVersion: 1, versions: [] }

export const keysOf = (document: VaultDocument, provider: string): ProviderKeys =>
  document.get(provider) ?? empty

/** The version at a stage; of several the one that came to it last. */
export function newestAt(keys: ProviderKeys, stage: KeyStage): KeyVersion | undefined {
  return keys.versions
    .filter((version) => version.stage === stage)
    .reduce<KeyVersion | undefined>(
      (newest, version) => (newest && newest.sinceRevision >= version.sinceRevision ? newest : version),
      undefined,
    )
}

/**
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`
 */
export function findVersion(document: VaultDocument, provider: string, version: number): KeyVersion {
  const found = keysOf(document, provider).versions.find((candidate) => candidate.version === version)
  if (found) return found
  throw new AlfredError(
    'ALFRED_VAULT_KEY_NOT_FOUND',
    `The vault has no version ${String(version)} of ${provider}.`,
  )
}

const wrongStage = (provider: string, { version, stage }: KeyVersion, wanted: string): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_WRONG_STAGE',
    `Version ${String(version)} of ${provider} is ${stage}; only a ${wanted} one can do this.`,
  )

function withKeys(document: VaultDocument, provider: string, keys: ProviderKeys): VaultDocument {
  const revoked = keys.versions.filter((version) => version.stage === 'revoked')
  const forgotten = new Set(revoked.slice(0, Math.max(0, revoked.length - keptRevoked)))
  const versions = keys.versions.filter((version) => !forgotten.has(version))
  return new Map(document).set(provider, { ...keys, versions })
}

const moved = (version: KeyVersion, stage: KeyStage, { now, revision }: Moment): KeyVersion => ({
  ...version,
  stage,
  since: now,
  sinceRevision: revision,
})

/** Adds a version as pending. */
export function addPending(
  document: VaultDocument,
  provider: string,
  sealed: SealedSecret,
  { now, revision }: Moment,
): VaultDocument {
  const keys = keysOf(document, provider)
  const version: KeyVersion = {
    version: keys.nextVersion,
    stage: 'pending',
    since: now,
    sinceRevision: revision,
    sealed,
  }
  return withKeys(document, provider, {
    ...keys,
    nextVersion: keys.nextVersion + 1,
    versions: [...keys.versions, version],
  })
}

/** Makes a version current and the current one previous, together. */
function makeCurrent(
  document: VaultDocument,
  provider: string,
  version: number,
  moment: Moment,
): VaultDocument {
  const keys = keysOf(document, provider)
  return withKeys(document, provider, {
    ...keys,
    lastRotatedAt: moment.now,
    versions: keys.versions.map((candidate) => {
      if (candidate.version === version) return moved(candidate, 'current', moment)
      return candidate.stage === 'current' ? moved(candidate, 'previous', moment) : candidate
    }),
  })
}

/**
 * Pending → current, and current → previous.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function promotePending(
  document: VaultDocument,
  provider: string,
  version: number,
  moment: Moment,
): VaultDocument {
  const found = findVersion(document, provider, version)
  if (found.stage !== 'pending') throw wrongStage(provider, found, 'pending')
  return makeCurrent(document, provider, version, moment)
}

/**
 * The newest previous version becomes current again, and the current one previous.
 *
 * @returns the document and the version
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND` when there is no previous version
 */
export function rollBack(
  document: VaultDocument,
  provider: string,
  moment: Moment,
): readonly [VaultDocument, number] {
  const previous = newestAt(keysOf(document, provider), 'previous')
  if (previous) return [makeCurrent(document, provider, previous.version, moment), previous.version]
  throw new AlfredError('ALFRED_VAULT_KEY_NOT_FOUND', `The vault has no previous version of ${provider}.`)
}

/**
 * Ends a version and removes its ciphertext. A current one only when `force` is set.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function revokeVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  { force, ...moment }: Moment & { readonly force: boolean },
): VaultDocument {
  const found = findVersion(document, provider, version)
  if (found.stage === 'revoked' || (found.stage === 'current' && !force)) {
    throw wrongStage(provider, found, 'pending or previous')
  }
  // Made anew, so that the ciphertext is not taken along.
  const revoked: KeyVersion = { version, stage: 'revoked', since: moment.now, sinceRevision: moment.revision }
  const keys = keysOf(document, provider)
  return withKeys(document, provider, {
    ...keys,
    versions: keys.versions.map((candidate) => (candidate.version === version ? revoked : candidate)),
  })
}
