/** Why a sink did not take something. */
export interface DeliveryFailure {
  /** How long the receiver asked to be left alone, in ms. */
  readonly retryAfterMs?: number | undefined
  /** Whether the same content would be refused again. @default false */
  readonly permanent?: boolean | undefined
}

/**
 * Thrown by a sink that knows more than "it failed". Its message is logged: it holds no address and nothing of
 * the receiver's answer.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly retryAfterMs: number | undefined
  readonly permanent: boolean

  constructor(message: string, { retryAfterMs, permanent = false }: DeliveryFailure = {}) {
    super(message)
    this.retryAfterMs = retryAfterMs
    this.permanent = permanent
  }
}
