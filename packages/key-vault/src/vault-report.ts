import { keysOf, newestAt } from './vault/key-stages.ts'
import type { KeyLeases } from './vault/key-leases.ts'
import { dueAt } from './rotation/next-step.ts'
import type { ResolvedPolicy } from './providers/provider-policy.ts'
import type { KeyStage, ProviderKeys, VaultDocument } from './vault/vault-document.ts'
import type { KeyUsage } from './providers/key-usage.ts'
import type { KeyValidity } from './providers/key-validity.ts'

/** What a vault tells of one version. */
export interface KeyVersionReport {
  readonly version: number
  readonly stage: KeyStage
  /** When it came to this stage, ms since the epoch. */
  readonly since: number
  /** How many leases of this process hold it. */
  readonly leases: number
  /** The name under which the vault made it at the provider. */
  readonly keyName: string | undefined
  /** The provider's id of it, where it is known. */
  readonly remoteId: string | undefined
  /** When the provider ends it by itself, ms since the epoch. */
  readonly expiresAt: number | undefined
  /** A word for the last failed call about it; `undefined` once one went well. */
  readonly lastErrorCode: string | undefined
}

/**
 * How a provider's keys are: `ok`; `rotating` while a new key is on its way; `failing` after a failed attempt; `due` when
 * the rotation is due and waits for a key to be staged; `missing` without a current key; `keyless` where none is needed;
 * `revocation-due` while the provider may still take a key that was to end.
 */
export type KeyState = 'ok' | 'rotating' | 'failing' | 'due' | 'missing' | 'keyless' | 'revocation-due'

/** What a vault tells of a provider's keys. It holds no part of a key and nothing computed from one. */
export interface ProviderKeyReport {
  readonly state: KeyState
  /** Whether the provider took the current key at the last probe, or needs none. */
  readonly valid: boolean
  readonly validity: KeyValidity
  /** When that was, ms since the epoch. */
  readonly checkedAt: number | undefined
  /** How much the current key was used; `undefined` where the provider does not tell. */
  readonly usage: KeyUsage | undefined
  /** When another version last became current, ms since the epoch. */
  readonly lastRotated: number | undefined
  /** When the next rotation is due, ms since the epoch. */
  readonly nextRotation: number | undefined
  /** How many keys are staged for coming rotations. */
  readonly pool: number
  /** A word for the last failure; `undefined` once a rotation went well. */
  readonly lastErrorCode: string | undefined
  /** The current version, `undefined` when there is none. */
  readonly current: number | undefined
  readonly versions: readonly KeyVersionReport[]
}

/** A report per provider. */
export type VaultReport = Readonly<Record<string, ProviderKeyReport>>

function stateOf(keys: ProviderKeys, policy: ResolvedPolicy | undefined, now: number): KeyState {
  if ((keys.rotation?.failures ?? 0) > 0) return 'failing'
  const made = keys.versions.some(
    ({ stage, keyName }) =>
      stage === 'intent' || stage === 'tested' || (stage === 'pending' && keyName !== undefined),
  )
  if (made) return 'rotating'
  if (!newestAt(keys, 'current')) return policy?.adapter.keyless === true ? 'keyless' : 'missing'
  if (keys.versions.some(({ stage }) => stage === 'compromised' || stage === 'revocation-due'))
    return 'revocation-due'
  const due = policy && dueAt(keys, policy)
  return due !== undefined && now >= due ? 'due' : 'ok'
}

export function reportOn(
  document: VaultDocument,
  leases: KeyLeases,
  policies: ReadonlyMap<string, ResolvedPolicy>,
  now: number,
): VaultReport {
  const providers = new Set([...document.keys(), ...policies.keys()])
  const entries = [...providers].map((provider): [string, ProviderKeyReport] => {
    const keys = keysOf(document, provider)
    const policy = policies.get(provider)
    const current = newestAt(keys, 'current')
    const probe = keys.probe?.version === current?.version ? keys.probe : undefined
    const validity = probe?.validity ?? 'unknown'
    return [
      provider,
      {
        state: stateOf(keys, policy, now),
        valid: validity === 'valid' || validity === 'not_applicable',
        validity,
        checkedAt: probe?.checkedAt,
        usage: probe?.usage,
        lastRotated: keys.lastRotatedAt,
        nextRotation: current && policy ? dueAt(keys, policy) : undefined,
        pool: keys.versions.filter(({ stage, keyName }) => stage === 'pending' && keyName === undefined)
          .length,
        lastErrorCode: keys.rotation?.lastErrorCode ?? probe?.errorCode,
        current: current?.version,
        versions: keys.versions.map(
          ({ version, stage, since, keyName, remoteId, expiresAt, lastErrorCode }) => ({
            version,
            stage,
            since,
            leases: leases.count(provider, version),
            keyName,
            remoteId,
            expiresAt,
            lastErrorCode,
          }),
        ),
      },
    ]
  })
  return Object.fromEntries(entries)
}
