import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel'
import { type Clock, settleWithin, systemClock } from '@alfred/core'
import type { AnswerStream, ChatProvider, ProviderName, Turn } from './chat-provider.ts'
import {
  AnswerInterruptedError,
  ClientGoneError,
  describeFailure,
  failureReason,
  type ProviderFailure,
  ProviderPausedError,
  ProvidersUnavailableError,
  ProviderTimeoutError,
  QuestionRefusedError,
  sortOf,
} from './provider-failure.ts'
import { Slots } from './slots.ts'

/** Settings of {@link createFailover}. */
export interface FailoverOptions {
  /** In the order in which they are asked. */
  readonly providers: readonly ChatProvider[]
  /** How long a provider may take to its first sign of life, in ms. @default 60_000 */
  readonly firstTokenMs?: number | undefined
  /** The longest pause between two pieces, in ms. @default 60_000 */
  readonly idleMs?: number | undefined
  /** Answers that one provider may be working on at a time. @default 400 */
  readonly concurrentAnswers?: number | undefined
  /** Answers that may wait for one of those to end. @default 100 */
  readonly waitingAnswers?: number | undefined
  /** How long they may wait, in ms. @default 2000 */
  readonly waitMs?: number | undefined
  /** Failures in a row after which a provider is left alone. @default 5 */
  readonly breakAfter?: number | undefined
  /** For how long it is left alone, in ms. @default 10_000 */
  readonly breakMs?: number | undefined
  readonly clock?: Clock | undefined
  /** Told of every provider that was busy or ill, whether or not another one answered. */
  readonly onFailure?: ((failure: ProviderFailure, error: unknown) => void) | undefined
}

/** An answer and who gives it. */
export interface Answer extends AnswerStream {
  readonly provider: ProviderName
}

/** Asks the providers in order. */
export interface Failover {
  /** The providers in the order in which they are asked. */
  readonly names: readonly ProviderName[]
  /**
   * The first provider's answer that begins, or the one of `only`. Once an answer has begun nobody else
   * is asked: the client would see two half answers, and both would be paid for.
   *
   * @throws {@link ProvidersUnavailableError} when none begins, {@link QuestionRefusedError} when the question is at
   * fault; the tokens throw {@link AnswerInterruptedError}
   */
  answer(
    turns: readonly Turn[],
    options: { signal: AbortSignal; only?: ProviderName | undefined },
  ): Promise<Answer>
  /** The providers that are left alone after failing too often. */
  broken(): readonly ProviderName[]
}

/** One provider, and what stands between it and those who ask. */
interface Route {
  readonly provider: ChatProvider
  readonly slots: Slots
  readonly breaker: CircuitBreakerPolicy
  /** Until when it does not want to be asked, on the clock. */
  pausedUntil: number
}

interface Begun extends Omit<AnswerStream, 'tokens'> {
  readonly first: IteratorResult<string>
  readonly rest: AsyncIterator<string>
}

const isIllness = (error: unknown): boolean =>
  !(error instanceof ClientGoneError) && sortOf(failureReason(error)) === 'ill'

/** Waits for `work`, but not for longer than a provider may be silent. */
async function within<T>(ms: number, clock: Clock, work: Promise<T>): Promise<Awaited<T>> {
  const settlement = await settleWithin(clock, work, ms)
  if (!settlement.settled) throw new ProviderTimeoutError(`nothing came for ${String(ms)} ms`)
  return settlement.value
}

/** Builds the order of providers, each behind a bound on its answers, a circuit breaker and a time-out. */
export function createFailover({
  providers,
  firstTokenMs = 60_000,
  idleMs = 60_000,
  concurrentAnswers = 400,
  waitingAnswers = 100,
  waitMs = 2000,
  breakAfter = 5,
  breakMs = 10_000,
  clock = systemClock,
  onFailure = () => undefined,
}: FailoverOptions): Failover {
  const routes = providers.map((provider): Route => {
    const breaker = new ConsecutiveBreaker(breakAfter)
    return {
      provider,
      slots: new Slots({ limit: concurrentAnswers, maxWaiting: waitingAnswers, waitMs, clock }),
      breaker: circuitBreaker(handleWhen(isIllness), { halfOpenAfter: breakMs, breaker }),
      pausedUntil: 0,
    }
  })

  async function begin(route: Route, turns: readonly Turn[], signal: AbortSignal): Promise<Answer> {
    const pausedMs = route.pausedUntil - clock.monotonicMs()
    if (pausedMs > 0) throw new ProviderPausedError(pausedMs)
    const release = await route.slots.acquire(signal)
    const call = new AbortController()
    const either = AbortSignal.any([signal, call.signal])
    const end = (): void => {
      call.abort()
      release()
    }
    signal.addEventListener('abort', end, { once: true })
    try {
      const begun = await route.breaker.execute(() =>
        withoutLeavers(signal, () => awaitFirstText(route, turns, either)),
      )
      return { ...begun, provider: route.provider.name, tokens: record(route, begun, signal, end) }
    } catch (error) {
      end()
      throw error
    }
  }

  /** Signs of life prolong the wait. Until there is text another provider may still be asked. */
  async function awaitFirstText(
    { provider }: Route,
    turns: readonly Turn[],
    signal: AbortSignal,
  ): Promise<Begun> {
    const { tokens, ...answer } = await within(firstTokenMs, clock, provider.answer(turns, signal))
    const rest = tokens[Symbol.asyncIterator]()
    let first = await within(firstTokenMs, clock, rest.next())
    while (!first.done && first.value === '') first = await within(idleMs, clock, rest.next())
    // An empty answer that the provider has finished is one: a model may refuse, or use its tokens up by thinking.
    if (first.done && answer.finish() === 'cut')
      throw new Error('the provider ended the answer before its first text')
    return { ...answer, first, rest }
  }

  /** The pieces of an answer that has begun. Whatever ends it ends the call and gives the slot back. */
  async function* record(
    { provider: { name } }: Route,
    { first, rest, finish }: Begun,
    signal: AbortSignal,
    end: () => void,
  ): AsyncGenerator<string> {
    try {
      for (let next = first; !next.done; next = await within(idleMs, clock, rest.next())) yield next.value
    } catch (error) {
      // What goes wrong once the provider has finished its answer takes nothing from it.
      if (finish() !== 'cut') return
      if (signal.aborted) throw new ClientGoneError('the answer was stopped', { cause: error })
      if (sortOf(failureReason(error)) !== 'asker')
        onFailure({ provider: name, reason: 'interrupted' }, error)
      throw new AnswerInterruptedError(name, { cause: error })
    } finally {
      end()
    }
  }

  function noteFailure(route: Route, error: unknown): ProviderFailure {
    const failure = describeFailure(route.provider.name, error)
    const { reason, retryAfterMs } = failure
    if (sortOf(reason) === 'asker') throw new QuestionRefusedError(failure, { cause: error })
    if (retryAfterMs !== undefined) {
      route.pausedUntil = Math.max(route.pausedUntil, clock.monotonicMs() + retryAfterMs)
    }
    onFailure(failure, error)
    return failure
  }

  return {
    names: routes.map(({ provider }) => provider.name),
    async answer(turns, { signal, only }) {
      const failures: ProviderFailure[] = []
      for (const route of routes) {
        if (only !== undefined && route.provider.name !== only) continue
        try {
          return await begin(route, turns, signal)
        } catch (error) {
          if (signal.aborted) throw new ClientGoneError('the answer was stopped', { cause: error })
          failures.push(noteFailure(route, error))
        }
      }
      throw new ProvidersUnavailableError(failures)
    },
    broken: () =>
      routes
        .filter(({ breaker }) => breaker.state === CircuitState.Open)
        .map(({ provider }) => provider.name),
  }
}

/** Runs `work`; what it throws after `signal` has aborted is nobody's failure. */
async function withoutLeavers<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw signal.aborted ? new ClientGoneError('the answer was stopped', { cause: error }) : error
  }
}
