import {
  askRotation,
  changeVersion,
  fallbackOf,
  findVersion,
  keysOf,
  makeCurrent,
  type Moment,
  moveVersion,
  newestAt,
  wrongStage,
} from './key-stages.ts'
import type { KeyStage, VaultDocument } from './vault-document.ts'

/** The stages of versions that an operator may end. */
const revocable: readonly KeyStage[] = ['pending', 'tested', 'previous']
const forcible: readonly KeyStage[] = ['current', 'revoking']
const ending: readonly KeyStage[] = ['revoking', 'compromised', 'revocation-due']

/**
 * Ends a leaked version at once. When it is current the newest previous one that has not leaked takes its place, where there
 * is one, and a new one is due.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function breakVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  moment: Moment,
): VaultDocument {
  const keys = keysOf(document, provider)
  const isCurrent = newestAt(keys, 'current')?.version === version
  const fallback = isCurrent ? fallbackOf(keys) : undefined
  const replaced = fallback ? makeCurrent(document, provider, fallback.version, moment) : document
  const broken = moveVersion(replaced, provider, version, {
    from: [...revocable, ...forcible],
    to: 'compromised',
    moment,
    also: { retired: false },
  })
  return isCurrent ? askRotation(broken, provider, moment) : broken
}

/**
 * Notes that a version has leaked, and that another is to take its place before it ends. One that is not current ends at once;
 * one that is on its way out stays so.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function replaceVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  { breakAt, ...moment }: Moment & { readonly breakAt: number },
): VaultDocument {
  const found = findVersion(document, provider, version)
  if (ending.includes(found.stage)) return document
  if (found.stage !== 'current') return breakVersion(document, provider, version, moment)
  const marked = changeVersion(document, provider, version, (current) => ({ ...current, breakAt }))
  return askRotation(marked, provider, moment)
}

/** How a version is to be ended. */
export interface Revocation extends Moment {
  /** Also when it is current, and before everything else. */
  readonly force: boolean
  /** Whether a rotation here ends it at the provider. */
  readonly remotely: boolean
  /** Whether somebody says that the provider refuses it. */
  readonly confirmed: boolean
}

/**
 * Begins the end of a version: the rotation has to revoke it at the provider. Without one somebody else has to.
 * A current or an already ending one only when `force` is set.
 *
 * @throws `AlfredError` `ALFRED_VAULT_KEY_NOT_FOUND`, `ALFRED_VAULT_WRONG_STAGE`
 */
export function revokeVersion(
  document: VaultDocument,
  provider: string,
  version: number,
  { force, remotely, confirmed, ...moment }: Revocation,
): VaultDocument {
  const found = findVersion(document, provider, version)
  const from = [...revocable, ...(force ? forcible : []), ...(confirmed ? ending : [])]
  if (!from.includes(found.stage)) throw wrongStage(provider, found, ['pending', 'previous'])
  if (force && !confirmed) return breakVersion(document, provider, version, moment)
  const to = confirmed ? 'revoked' : remotely ? 'revoking' : 'revocation-due'
  return moveVersion(document, provider, version, { from, to, moment, also: { retired: false } })
}
