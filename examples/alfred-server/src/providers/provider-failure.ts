import { isBrokenCircuitError, isBulkheadRejectedError, isTaskCancelledError } from 'cockatiel'
import type { ProviderName } from './chat-provider.ts'

/** Why a provider did not answer: a closed list, since it becomes a metric's label. */
export type FailureReason =
  | 'busy'
  | 'circuit-open'
  | 'interrupted'
  | 'network'
  | 'rate-limited'
  | 'refused'
  | 'server-error'
  | 'timeout'
  | 'unauthorized'

/** One provider that was asked in vain. */
export interface ProviderFailure {
  readonly provider: ProviderName
  readonly reason: FailureReason
}

/** Thrown when no provider began an answer. */
export class ProvidersUnavailableError extends Error {
  override readonly name = 'ProvidersUnavailableError'
  readonly failures: readonly ProviderFailure[]

  constructor(failures: readonly ProviderFailure[]) {
    super(`no provider answered: ${failures.map((each) => `${each.provider} ${each.reason}`).join(', ')}`)
    this.failures = failures
  }
}

/** Thrown when a provider failed after the first part of its answer, which is then lost or cut short. */
export class AnswerInterruptedError extends Error {
  override readonly name = 'AnswerInterruptedError'
  readonly provider: ProviderName

  constructor(provider: ProviderName, options: ErrorOptions) {
    super(`${provider} stopped in the middle of its answer`, options)
    this.provider = provider
  }
}

/** Thrown when the client went away before the answer began; no fault of the provider. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** The HTTP status in an error of any of the three SDKs. */
function statusOf(error: unknown): number | undefined {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined
  return typeof status === 'number' ? status : undefined
}

/** Classifies what a provider's SDK or the policies around it threw. */
export function failureReason(error: unknown): FailureReason {
  if (isBulkheadRejectedError(error)) return 'busy'
  if (isBrokenCircuitError(error)) return 'circuit-open'
  if (isTaskCancelledError(error)) return 'timeout'
  const status = statusOf(error)
  if (status === undefined) return 'network'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 429) return 'rate-limited'
  return status >= 500 ? 'server-error' : 'refused'
}
