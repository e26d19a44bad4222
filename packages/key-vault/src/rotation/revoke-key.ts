import type { KeyProbe, KnownKey } from '../providers/provider-adapter.ts'
import { asProviderError, type ProviderError } from '../providers/provider-error.ts'
import { changeVersion, type Moment, moveVersion } from '../vault/key-stages.ts'
import type { KeyVersion, VaultDocument } from '../vault/vault-document.ts'
import { backoffMs } from './backoff.ts'
import { readProbe } from './read-probe.ts'
import { knownKey, type StepContext } from './step-context.ts'

const ending = ['revoking', 'compromised', 'orphaned', 'revocation-due'] as const

/**
 * Ends a key at the provider, then asks whether it is refused there. Only a refused key is `revoked`: a call that went well may
 * have named another key, and a 404 says that there is no such id. Any other is tried again, and after a while it is
 * `revocation-due`, which somebody is told of.
 */
export async function revokeKey(context: StepContext, version: KeyVersion): Promise<void> {
  const { policy, provider, now, write } = context
  const { adapter } = policy
  if (adapter.ephemeral === true && (version.expiresAt ?? 0) > now()) {
    await write((document, moment) => askAgain(document, provider, version, moment))
    return
  }
  const key = await knownKey(context, version)
  const failure = await askToRevoke(context, key)
  const probe = adapter.ephemeral === true ? undefined : await askWhetherRefused(context, key)
  if (probe ? isRefused(probe) : failure === undefined) {
    await write((document, moment) =>
      moveVersion(document, provider, version.version, { from: ending, to: 'revoked', moment }),
    )
    return
  }
  await noteUnconfirmed(context, version, failure, probe)
}

const maxWaitMs = 3_600_000

/** A token that ends by itself is over then. */
const askAgain = (
  document: VaultDocument,
  provider: string,
  { version, expiresAt = 0 }: KeyVersion,
  { now }: Moment,
): VaultDocument =>
  changeVersion(document, provider, version, (found) => ({
    ...found,
    retryAt: Math.min(expiresAt, now + maxWaitMs),
  }))

/** A key that its provider does not look at cannot be ended there, nor misused. */
const isRefused = ({ validity }: KeyProbe): boolean => validity === 'invalid' || validity === 'not_applicable'

async function askToRevoke(context: StepContext, key: KnownKey): Promise<ProviderError | undefined> {
  const { adapter } = context.policy
  const revoke = adapter.revoke?.bind(adapter)
  if (!revoke) return undefined
  return context.call((signal) => revoke(key, signal)).then(() => undefined, asProviderError)
}

/** `undefined` when the secret is not known: of a key that got lost in the making. */
async function askWhetherRefused(context: StepContext, { secret }: KnownKey): Promise<KeyProbe | undefined> {
  if (secret === undefined) return undefined
  return context
    .call(async (signal) => readProbe(await context.policy.adapter.probe(secret, signal)))
    .catch((error: unknown) => ({
      validity: 'unknown' as const,
      errorCode: asProviderError(error).details.reason,
    }))
}

/** How long a revocation may take to get known at the provider before somebody is told. */
function patienceMs({ policy }: StepContext, { stage }: KeyVersion): number {
  if (!policy.adapter.revoke) return 0
  return stage === 'compromised' ? policy.settleMs : policy.testWithinMs
}

async function noteUnconfirmed(
  context: StepContext,
  version: KeyVersion,
  failure: ProviderError | undefined,
  probe: KeyProbe | undefined,
): Promise<void> {
  const { provider, events, logger, now } = context
  const lastErrorCode =
    failure?.details.reason ??
    (probe?.validity === 'valid' ? 'still_accepted' : (probe?.errorCode ?? 'not_confirmed'))
  const mayBeDue = version.stage !== 'revocation-due' && version.stage !== 'orphaned'
  const dueAt = version.since + patienceMs(context, version)
  const isDue = mayBeDue && now() >= dueAt
  await context.write((document, moment) => {
    const moved = isDue
      ? moveVersion(document, provider, version.version, { from: ending, to: 'revocation-due', moment })
      : document
    const attempts = (version.attempts ?? 0) + 1
    const laterAt = moment.now + backoffMs(attempts, failure?.details.retryAfterMs)
    // Looked at once more when somebody would be told.
    const retryAt = mayBeDue && !isDue ? Math.min(laterAt, dueAt) : laterAt
    return changeVersion(moved, provider, version.version, (found) => ({
      ...found,
      attempts,
      retryAt,
      lastErrorCode,
    }))
  })
  logger.warn(
    { provider, version: version.version, stage: version.stage, reason: lastErrorCode },
    'the provider did not confirm the revocation of a key',
  )
  if (isDue) events?.emit('vault.revocation-due', { provider, version: version.version })
}
