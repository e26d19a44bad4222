import { isAlfredError } from '@alfred/core'
import { changeRotation, changeVersion, keysOf, type Moment } from '../vault/key-stages.ts'
import { asProviderError, ProviderError } from '../providers/provider-error.ts'
import type { KeyVersion, VaultDocument } from '../vault/vault-document.ts'
import { backoffMs } from './backoff.ts'
import type { StepContext } from './step-context.ts'

/** Failures of the vault itself are not the provider's: they end the pass, and the next begins anew. */
const isOurs = (error: unknown): boolean => isAlfredError(error) && !(error instanceof ProviderError)

/** What goes with a failed attempt. */
export interface RotationFailure {
  /** What else changes in the same write. */
  readonly also?: (document: VaultDocument, moment: Moment) => VaultDocument
  /** The shortest wait after the first failure, which doubles up to a week. @default 0 */
  readonly brakeMs?: number
}

const maxBrakeMs = 7 * 86_400_000

/** The shortest wait after so many failures in a row of a kind that costs a key each: doubled each time, up to a week. */
export const brakedMs = (failures: number, brakeMs: number): number =>
  failures === 0 ? 0 : Math.min(maxBrakeMs, brakeMs * 2 ** Math.min(failures - 1, 20))

/**
 * Notes that an attempt to get a new key failed. The current key stays; the next attempt waits longer each time. One
 * alert is raised for a row of failures, by the instance that noted the first.
 */
export async function failRotation(
  context: StepContext,
  error: unknown,
  { also = (document) => document, brakeMs = 0 }: RotationFailure = {},
): Promise<void> {
  if (isOurs(error)) throw error
  const { provider, logger, events } = context
  const { reason, retryAfterMs } = asProviderError(error).details
  const { failures, waitMs } = await context.change((document, moment) => {
    const failures = (keysOf(document, provider).rotation?.failures ?? 0) + 1
    const waitMs = Math.max(brakedMs(failures, brakeMs), backoffMs(failures, retryAfterMs))
    const changed = changeRotation(also(document, moment), provider, {
      failures,
      retryAt: moment.now + waitMs,
      lastErrorCode: reason,
    })
    return Promise.resolve([changed, { failures, waitMs }] as const)
  })
  logger.warn({ provider, reason, failures, waitMs }, 'the rotation of a provider key failed')
  if (failures === 1) events?.emit('vault.rotation-failed', { provider, reason })
}

/** Notes that a call about one version failed, and when it is tried again. */
export async function failVersion(context: StepContext, version: KeyVersion, error: unknown): Promise<void> {
  if (isOurs(error)) throw error
  const { provider, logger } = context
  const { reason, retryAfterMs } = asProviderError(error).details
  await context.write((document, moment) =>
    changeRotation(
      changeVersion(document, provider, version.version, (found) => {
        const attempts = (found.attempts ?? 0) + 1
        return {
          ...found,
          attempts,
          retryAt: moment.now + backoffMs(attempts, retryAfterMs),
          lastErrorCode: reason,
        }
      }),
      provider,
      { lastErrorCode: reason },
    ),
  )
  logger.warn(
    { provider, version: version.version, stage: version.stage, reason },
    'a call to a provider failed',
  )
}
