import { AlfredError } from '@alfred/core'

/** Why a provider did not do what it was asked for. */
export interface ProviderFailure {
  /** A word of the provider, such as `rate_limit_exceeded`, or of ours: `timeout`, `network`. */
  readonly reason: string
  /** The HTTP status, if there was an answer. */
  readonly status?: number | undefined
  /** Whether it is certain that nothing was done. */
  readonly refused: boolean
  /** How long the provider asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

const word = /^[a-z][a-z0-9_.-]{0,63}$/i

/**
 * A provider's failure, `ALFRED_VAULT_PROVIDER_FAILED`. It holds a word and a status; what the provider wrote, and
 * what was sent to it, are not in it, because either may hold a key.
 *
 * @example
 * ```ts
 * import { ProviderError } from '@alfred/key-vault/providers'
 *
 * export const refusal = () => new ProviderError({ reason: 'quota_exceeded', status: 403, refused: true })
 * ```
 */
export class ProviderError extends AlfredError implements ProviderFailure {
  override readonly name = 'ProviderError'
  readonly reason: string
  readonly status: number | undefined
  readonly refused: boolean
  readonly retryAfterMs: number | undefined

  constructor({ reason, status, refused, retryAfterMs }: ProviderFailure) {
    const told = word.test(reason) ? reason : 'unknown'
    const answer = status === undefined ? '' : ` (HTTP ${String(status)})`
    super('ALFRED_VAULT_PROVIDER_FAILED', `The provider failed: ${told}${answer}.`)
    this.reason = told
    this.status = status
    this.refused = refused
    // A NaN would be stored as the time of the next attempt, which then never comes.
    this.retryAfterMs =
      retryAfterMs !== undefined && Number.isFinite(retryAfterMs) && retryAfterMs >= 0
        ? retryAfterMs
        : undefined
  }
}

/** Anything an adapter threw, without what may hold a secret. */
export function asProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error
  return new ProviderError({ reason: 'unexpected', refused: false })
}
