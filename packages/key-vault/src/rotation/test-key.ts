import { changeVersion, moveVersion } from '../vault/key-stages.ts'
import { asProviderError, ProviderError } from '../providers/provider-error.ts'
import type { KeyVersion } from '../vault/vault-document.ts'
import { backoffMs } from './backoff.ts'
import { readProbe } from './read-probe.ts'
import { failRotation } from './step-failures.ts'
import { knownKey, type StepContext } from './step-context.ts'

/**
 * Asks the provider whether it takes a pending key. A refusal is not the last word for a while, since a new key takes
 * time to get known there; after that the key is given up, and revoked if the vault made it.
 */
export async function testKey(context: StepContext, pending: KeyVersion): Promise<void> {
  const { provider, policy, now } = context
  const { adapter, testWithinMs } = policy
  const { version } = pending
  const { secret = '' } = await knownKey(context, pending)
  const { validity, errorCode = validity } = await context
    .call(async (signal) => readProbe(await adapter.probe(secret, signal)))
    // A provider that cannot be asked is an answer too: for a while it is asked again.
    .catch((error: unknown) => ({
      validity: 'unknown' as const,
      errorCode: asProviderError(error).details.reason,
    }))
  if (validity === 'valid' || validity === 'not_applicable') {
    await context.write((document, moment) =>
      moveVersion(document, provider, version, { from: ['pending'], to: 'tested', moment }),
    )
    return
  }
  const isBad = validity === 'invalid' && now() - pending.since >= testWithinMs
  if (!isBad) {
    await context.write((document, moment) =>
      changeVersion(document, provider, version, (found) => {
        const attempts = (found.attempts ?? 0) + 1
        return { ...found, attempts, retryAt: moment.now + backoffMs(attempts) / 5 }
      }),
    )
    // A key that is refused at first is usual; a provider that does not answer for long is told of.
    if (validity === 'invalid' || now() - pending.since < testWithinMs) return
  }
  await failRotation(context, new ProviderError({ reason: errorCode, refused: true }), {
    also: (document, moment) => {
      if (!isBad) return document
      const to = pending.keyName === undefined || adapter.ephemeral === true ? 'failed' : 'orphaned'
      return moveVersion(document, provider, version, { from: ['pending'], to, moment })
    },
  })
}
