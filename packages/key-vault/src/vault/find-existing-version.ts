import { AlfredError } from '@alfred/core'
import { keysOf } from './key-stages.ts'
import type { VaultCore } from './vault-core.ts'
import type { VaultDocument } from './vault-document.ts'

/**
 * The version that holds a key already. One key as two versions would be revoked with the older one.
 *
 * @throws `AlfredError` `ALFRED_VAULT_WRONG_STAGE` when that version is on its way out
 */
export async function findExistingVersion(
  core: VaultCore,
  document: VaultDocument,
  provider: string,
  secret: string,
): Promise<number | undefined> {
  for (const version of keysOf(document, provider).versions) {
    const stored = await core.open(provider, version)
    if (stored?.reveal() !== secret) continue
    const { stage } = version
    if (stage === 'pending' || stage === 'tested' || stage === 'current') return version.version
    throw new AlfredError(
      'ALFRED_VAULT_WRONG_STAGE',
      `This key is version ${String(version.version)} of ${provider}, which is ${stage}.`,
      { provider, version: version.version, stage, accepted: ['pending', 'tested', 'current'] },
    )
  }
  return undefined
}
