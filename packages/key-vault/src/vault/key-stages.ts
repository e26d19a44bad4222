import { AlfredError } from '@alfred/core'
import type { KeyStage, KeyVersion, ProviderKeys, RotationRecord, VaultDocument } from './vault-document.ts'
import type { SealedSecret } from '../key-encryption/sealed-secret.ts'

/** When a change happens. */
export interface Moment {
  readonly now: number
  readonly revision: number
}

/** How many versions that are over a provider's record remembers; the number of a version is never used again. */
const keptOver = 20

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
    { provider, version },
  )
}

export const wrongStage = (
  provider: string,
  { version, stage }: KeyVersion,
  accepted: readonly KeyStage[],
): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_WRONG_STAGE',
    `Version ${String(version)} of ${provider} is ${stage}; the call needs ${accepted.join(' or ')}.`,
    { provider, version, stage, accepted },
  )

function withKeys(document: VaultDocument, provider: string, keys: ProviderKeys): VaultDocument {
  const over = keys.versions.filter(({ stage }) => stage === 'revoked' || stage === 'failed')
  const forgotten = new Set(over.slice(0, Math.max(0, over.length - keptOver)))
  const versions = keys.versions.filter((version) => !forgotten.has(version))
  return new Map(document).set(provider, { ...keys, versions })
}

/** A version at a new stage: what it was tried there before does not count any more. */
function moved(
  {
    attempts: _attempts,
    retryAt: _retryAt,
    lastErrorCode: _lastErrorCode,
    breakAt,
    sealed,
    ...kept
  }: KeyVersion,
  stage: KeyStage,
  { now, revision }: Moment,
): KeyVersion {
  // What is over needs no ciphertext.
  const isOver = stage === 'revoked' || stage === 'failed'
  const isLeaked = breakAt !== undefined && stage === 'previous'
  return {
    ...kept,
    ...(isLeaked ? { breakAt } : {}),
    ...(sealed && !isOver ? { sealed } : {}),
    stage,
    since: now,
    sinceRevision: revision,
  }
}

/** Changes what a provider's record says beside its versions. */
export function changeKeys(
  document: VaultDocument,
  provider: string,
  change: (keys: ProviderKeys) => ProviderKeys,
): VaultDocument {
  return withKeys(document, provider, change(keysOf(document, provider)))
}

/** Changes what is known of one version, which stays at its stage. */
export function changeVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  change: (version: KeyVersion) => KeyVersion,
): VaultDocument {
  return changeKeys(document, provider, (keys) => ({
    ...keys,
    versions: keys.versions.map((candidate) =>
      candidate.version === version ? change(candidate) : candidate,
    ),
  }))
}

/**
 * Moves a version from one of the stages `from` to another.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function moveVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  { from, to, moment, also }: StageMove,
): VaultDocument {
  const found = findVersion(document, provider, version)
  if (!from.includes(found.stage)) throw wrongStage(provider, found, from)
  return changeVersion(document, provider, version, (candidate) =>
    moved({ ...candidate, ...also }, to, moment),
  )
}

/** A change of stage. */
export interface StageMove {
  readonly from: readonly KeyStage[]
  readonly to: KeyStage
  readonly moment: Moment
  /** What becomes known of the version with it. */
  readonly also?: Partial<KeyVersion>
}

/** Changes a provider's rotation record. */
export function changeRotation(
  document: VaultDocument,
  provider: string,
  change: Partial<RotationRecord>,
): VaultDocument {
  return changeKeys(document, provider, (keys) => ({
    ...keys,
    rotation: { failures: 0, ...keys.rotation, ...change },
  }))
}

/** Adds a version, as pending with its secret, or as the intent to make one under a name. */
export function addVersion(
  document: VaultDocument,
  provider: string,
  fields: { readonly sealed: SealedSecret; readonly remoteId?: string } | { readonly keyName: string },
  { now, revision }: Moment,
): VaultDocument {
  const keys = keysOf(document, provider)
  const version: KeyVersion = {
    version: keys.nextVersion,
    stage: 'sealed' in fields ? 'pending' : 'intent',
    since: now,
    sinceRevision: revision,
    ...fields,
  }
  return withKeys(document, provider, {
    ...keys,
    nextVersion: keys.nextVersion + 1,
    versions: [...keys.versions, version],
  })
}

/** Makes a version current and the current one previous, together. */
export function makeCurrent(
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
 * Pending or tested → current, and current → previous.
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
  if (found.stage !== 'pending' && found.stage !== 'tested') {
    throw wrongStage(provider, found, ['pending', 'tested'])
  }
  return makeCurrent(document, provider, version, moment)
}

/** The newest previous version that has not leaked. */
export const fallbackOf = ({ versions }: ProviderKeys): KeyVersion | undefined =>
  newestAt({ nextVersion: 0, versions: versions.filter(({ breakAt }) => breakAt === undefined) }, 'previous')

/** Makes the next rotation due, because somebody asks for it: whatever failed before does not count. */
export const askRotation = (document: VaultDocument, provider: string, { now }: Moment): VaultDocument =>
  changeKeys(document, provider, ({ rotation, ...others }) => {
    const { retryAt: _retryAt, ...kept } = rotation ?? { failures: 0 }
    return { ...others, rotation: { ...kept, nextRotationAt: now, isAsked: true } }
  })

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
  const previous = fallbackOf(keysOf(document, provider))
  if (previous) return [makeCurrent(document, provider, previous.version, moment), previous.version]
  throw new AlfredError('ALFRED_VAULT_KEY_NOT_FOUND', `The vault has no previous version of ${provider}.`, {
    provider,
  })
}
