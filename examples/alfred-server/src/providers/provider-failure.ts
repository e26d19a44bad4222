import { isBrokenCircuitError } from 'cockatiel'
import type { ProviderName } from './chat-provider.ts'
import { readRetryAfterMs } from './retry-after.ts'
import { NoSlotError } from './slots.ts'

/**
 * Whose failure it is. The asker's says nothing about the provider; a busy provider is asked again after a while; an
 * ill one is left alone after a few failures, and somebody is told.
 */
export type FailureSort = 'asker' | 'busy' | 'ill'

const sorts = {
  'context-too-long': 'asker',
  filtered: 'asker',
  refused: 'asker',
  'too-large': 'asker',
  busy: 'busy',
  'rate-limited': 'busy',
  'circuit-open': 'ill',
  interrupted: 'ill',
  network: 'ill',
  'not-found': 'ill',
  'out-of-credit': 'ill',
  overloaded: 'ill',
  'server-error': 'ill',
  timeout: 'ill',
  unauthorized: 'ill',
} as const satisfies Readonly<Record<string, FailureSort>>

/** Why a provider did not answer: a closed list, since it becomes a label. */
export type FailureReason = keyof typeof sorts

/** One provider that was asked in vain. */
export interface ProviderFailure {
  readonly provider: ProviderName
  readonly reason: FailureReason
  /** When it may be asked again, as far as that is known. */
  readonly retryAfterMs?: number | undefined
}

/** Whose failure a reason is. */
export const sortOf = (reason: FailureReason): FailureSort => sorts[reason]

/** When to ask again where nobody said so. */
const defaultRetryMs = 5000

/** Thrown when no provider began an answer. */
export class ProvidersUnavailableError extends Error {
  override readonly name = 'ProvidersUnavailableError'
  readonly failures: readonly ProviderFailure[]

  constructor(failures: readonly ProviderFailure[]) {
    super(`no provider answered: ${failures.map((each) => `${each.provider} ${each.reason}`).join(', ')}`)
    this.failures = failures
  }

  /** Whether none of them is ill. */
  get isBusy(): boolean {
    return this.failures.every(({ reason }) => sortOf(reason) === 'busy')
  }

  /** When the first of them may be asked again. */
  get retryAfterMs(): number {
    return Math.min(...this.failures.map(({ retryAfterMs = defaultRetryMs }) => retryAfterMs))
  }
}

/** Thrown when a provider will not answer this question, and no other one is asked. */
export class QuestionRefusedError extends Error {
  override readonly name = 'QuestionRefusedError'
  readonly reason: FailureReason

  constructor({ provider, reason }: ProviderFailure, options: ErrorOptions) {
    super(`${provider} does not answer this question: ${reason}`, options)
    this.reason = reason
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

/** Thrown when the answer was stopped before it began; no fault of the provider. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** Thrown when a provider is silent for too long. */
export class ProviderTimeoutError extends Error {
  override readonly name = 'ProviderTimeoutError'
}

/** Thrown instead of asking a provider that has named a time before which it does not want to be asked. */
export class ProviderPausedError extends Error {
  override readonly name = 'ProviderPausedError'
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super(`the provider asks to retry after ${String(retryAfterMs)} ms`)
    this.retryAfterMs = retryAfterMs
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** The HTTP status in an error of any of the three SDKs. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error ? member(error, 'status') : undefined
  return typeof status === 'number' ? status : undefined
}

/** Everything that the error's body says of its kind: OpenAI's `code` and `type`, Anthropic's `error.type`, messages. */
function wordsOf(error: unknown): string {
  const body = member(error, 'error')
  const sources = [error, body, member(body, 'error')]
  const words = sources.flatMap((source) => ['code', 'type', 'message'].map((name) => member(source, name)))
  return words.filter((word) => typeof word === 'string').join(' ')
}

/** What the words of an error mean, whatever its status; the first that fits. */
const meanings: readonly (readonly [RegExp, FailureReason])[] = [
  [
    /context_length_exceeded|prompt is too long|exceeds? the (available |maximum )?context/i,
    'context-too-long',
  ],
  [/maximum context length|context window/i, 'context-too-long'],
  [/content_filter|content_policy|content management policy|filtered due to/i, 'filtered'],
  [/request_too_large/i, 'too-large'],
  [/insufficient_quota|credit balance is too low|billing_error/i, 'out-of-credit'],
  [/overloaded_error/i, 'overloaded'],
  [/rate_limit/i, 'rate-limited'],
]

const reasonsByStatus: Readonly<Record<number, FailureReason>> = {
  401: 'unauthorized',
  402: 'out-of-credit',
  403: 'unauthorized',
  404: 'not-found',
  408: 'timeout',
  413: 'too-large',
  429: 'rate-limited',
  529: 'overloaded',
}

function reasonByStatus(status: number): FailureReason {
  return reasonsByStatus[status] ?? (status >= 500 ? 'server-error' : 'refused')
}

/** Classifies what a provider's SDK or the policies around it threw. */
export function failureReason(error: unknown): FailureReason {
  if (error instanceof NoSlotError) return 'busy'
  if (error instanceof ProviderPausedError) return 'rate-limited'
  if (isBrokenCircuitError(error)) return 'circuit-open'
  if (error instanceof ProviderTimeoutError) return 'timeout'
  const status = statusOf(error)
  const words = wordsOf(error)
  // A server that is ill may say anything.
  const meaning =
    status === undefined || status < 500 ? meanings.find(([test]) => test.test(words)) : undefined
  if (meaning) return meaning[1]
  if (status !== undefined) return reasonByStatus(status)
  return /invalid_request_error/.test(words) ? 'refused' : 'network'
}

/** What is told of a provider that failed. */
export function describeFailure(provider: ProviderName, error: unknown): ProviderFailure {
  const retryAfterMs =
    error instanceof ProviderPausedError ? error.retryAfterMs : readRetryAfterMs(member(error, 'headers'))
  return { provider, reason: failureReason(error), retryAfterMs }
}
