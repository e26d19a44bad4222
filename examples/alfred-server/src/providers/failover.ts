import {
  bulkhead,
  type BulkheadPolicy,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  timeout,
  type TimeoutPolicy,
  TimeoutStrategy,
} from 'cockatiel'
import { type Clock, systemClock } from '@alfred/core'
import type { AnswerStream, ChatProvider, ProviderName, Turn } from './chat-provider.ts'
import {
  AnswerInterruptedError,
  ClientGoneError,
  failureReason,
  type ProviderFailure,
  ProvidersUnavailableError,
} from './provider-failure.ts'

/** Settings of {@link createFailover}. */
export interface FailoverOptions {
  /** In the order in which they are asked. */
  readonly providers: readonly ChatProvider[]
  /** How long a provider may take to its first token, in ms. @default 30_000 */
  readonly firstTokenMs?: number | undefined
  /** The longest pause between two tokens, in ms. @default 60_000 */
  readonly idleMs?: number | undefined
  /** Answers that one provider may be working on at a time. @default 32 */
  readonly concurrentAnswers?: number | undefined
  /** Failures in a row after which a provider is left alone. @default 5 */
  readonly breakAfter?: number | undefined
  /** For how long it is left alone, in ms. @default 10_000 */
  readonly breakMs?: number | undefined
  readonly clock?: Clock | undefined
  /** Told of every provider that failed, whether or not another one answered. */
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
   * @throws {@link ProvidersUnavailableError} when none begins; the tokens throw {@link AnswerInterruptedError}
   */
  answer(
    turns: readonly Turn[],
    options: { signal: AbortSignal; only?: ProviderName | undefined },
  ): Promise<Answer>
  /** The providers that are left alone after failing too often. */
  broken(): readonly ProviderName[]
}

interface Route {
  readonly provider: ChatProvider
  readonly slots: BulkheadPolicy
  readonly breaker: CircuitBreakerPolicy
  readonly firstToken: TimeoutPolicy
}

interface Begun extends Pick<AnswerStream, 'model' | 'usage'> {
  readonly first: string
  readonly rest: AsyncIterator<string>
  /** Ends the call and gives its slot back. */
  readonly end: () => void
}

/** Neither a client that left nor a request that the provider refused says that the provider is ill. */
const isIllness = (error: unknown): boolean =>
  !(error instanceof ClientGoneError) && failureReason(error) !== 'refused'

async function awaitFirstToken(provider: ChatProvider, turns: readonly Turn[], signal: AbortSignal) {
  const { model, tokens, usage } = await provider.answer(turns, signal)
  const rest = tokens[Symbol.asyncIterator]()
  const first = await rest.next()
  if (first.done) throw new Error('the answer is empty')
  return { model, usage, first: first.value, rest }
}

/** Begins an answer on `route`; its slot is taken until `end` is called or `signal` aborts. */
function begin(route: Route, turns: readonly Turn[], signal: AbortSignal): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const call = new AbortController()
    const either = AbortSignal.any([signal, call.signal])
    const attempt = async (): Promise<Omit<Begun, 'end'>> => {
      try {
        return await awaitFirstToken(route.provider, turns, either)
      } catch (error) {
        throw signal.aborted ? new ClientGoneError('the client is gone', { cause: error }) : error
      }
    }
    route.slots
      .execute(async () => {
        const begun = await route.breaker.execute(() => route.firstToken.execute(attempt))
        await new Promise<void>((released) => {
          const end = (): void => {
            call.abort()
            released()
          }
          signal.addEventListener('abort', end, { once: true })
          resolve({ ...begun, end })
        })
      })
      .catch((error: unknown) => {
        call.abort()
        reject(error instanceof Error ? error : new Error('the provider failed', { cause: error }))
      })
  })
}

/** The next piece of an answer; ends the call when it does not come in time. */
function nextWithin({ rest, end }: Begun, idleMs: number, clock: Clock): Promise<IteratorResult<string>> {
  return new Promise((resolve, reject) => {
    const stalled = clock.setTimeout(() => {
      end()
      reject(new Error(`nothing came for ${String(idleMs)} ms`))
    }, idleMs)
    void rest
      .next()
      .then(resolve, reject)
      .finally(() => {
        stalled.cancel()
      })
  })
}

/** Builds the order of providers, each behind a bound on its answers, a circuit breaker and a time-out. */
export function createFailover({
  providers,
  firstTokenMs = 30_000,
  idleMs = 60_000,
  concurrentAnswers = 32,
  breakAfter = 5,
  breakMs = 10_000,
  clock = systemClock,
  onFailure = () => undefined,
}: FailoverOptions): Failover {
  const routes = providers.map((provider): Route => {
    const breaker = new ConsecutiveBreaker(breakAfter)
    return {
      provider,
      slots: bulkhead(concurrentAnswers),
      breaker: circuitBreaker(handleWhen(isIllness), { halfOpenAfter: breakMs, breaker }),
      firstToken: timeout(firstTokenMs, TimeoutStrategy.Aggressive).dangerouslyUnref(),
    }
  })

  async function* tokens(provider: ProviderName, begun: Begun, signal: AbortSignal): AsyncGenerator<string> {
    try {
      yield begun.first
      for (;;) {
        const next = await nextWithin(begun, idleMs, clock)
        if (next.done) return
        yield next.value
      }
    } catch (error) {
      if (signal.aborted) throw new ClientGoneError('the client is gone', { cause: error })
      onFailure({ provider, reason: 'interrupted' }, error)
      throw new AnswerInterruptedError(provider, { cause: error })
    } finally {
      begun.end()
    }
  }

  return {
    names: routes.map(({ provider }) => provider.name),
    async answer(turns, { signal, only }) {
      const failures: ProviderFailure[] = []
      for (const route of routes) {
        const provider = route.provider.name
        if (only !== undefined && provider !== only) continue
        try {
          const begun = await begin(route, turns, signal)
          const { model, usage } = begun
          return { provider, model, usage, tokens: tokens(provider, begun, signal) }
        } catch (error) {
          if (error instanceof ClientGoneError) throw error
          const failure = { provider, reason: failureReason(error) }
          failures.push(failure)
          onFailure(failure, error)
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
