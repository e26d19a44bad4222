import { AlfredError, type AlfredErrorDetails } from '@alfred/core'

/** Why a provider did not do what it was asked for. */
export type ProviderFailure = AlfredErrorDetails['ALFRED_VAULT_PROVIDER_FAILED']

const word = /^[a-z][a-z0-9_.-]{0,63}$/i

/**
 * A provider's failure, `ALFRED_VAULT_PROVIDER_FAILED`. Its details are a word and a status; what the provider wrote, and
 * what was sent to it, are not in it, because either may hold a key.
 *
 * @example
 * ```ts
 * import { ProviderError } from '@alfred/key-vault/providers'
 *
 * export const refusal = () => new ProviderError({ reason: 'quota_exceeded', status: 403, refused: true })
 * ```
 */
export class ProviderError extends AlfredError<'ALFRED_VAULT_PROVIDER_FAILED'> {
  override readonly name = 'ProviderError'

  constructor(failure: ProviderFailure) {
    const { status } = failure
    const reason = word.test(failure.reason) ? failure.reason : 'unknown'
    const answer = status === undefined ? '' : ` (HTTP ${String(status)})`
    super('ALFRED_VAULT_PROVIDER_FAILED', `The provider failed: ${reason}${answer}.`, {
      reason,
      status,
      refused: failure.refused,
      retryAfterMs: readWait(failure.retryAfterMs),
    })
  }
}

/** A NaN would be stored as the time of the next attempt, which then never comes. */
function readWait(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

/** Anything an adapter threw, without what may hold a secret. */
export function asProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error
  return new ProviderError({ reason: 'unexpected', refused: false })
}
