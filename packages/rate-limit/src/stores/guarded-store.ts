import { AlfredError, type Clock, type EventBus, isThenable, type Logger } from '@alfred/core'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { createDeadlineQueue } from './deadline-queue.ts'
import { isStoreAnswer } from './is-store-answer.ts'
import type { OnStoreError } from './on-store-error.ts'
import type { StoreAnswer, StoreTake, TakeOptions } from './rate-limit-store.ts'

/** What a {@link GuardedStore} needs. */
export interface GuardedStoreOptions {
  readonly deadlineMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventBus
}

/** A policy that has to do without the store while it does not answer. */
export interface GuardedPolicy {
  readonly name: string
  readonly onStoreError: OnStoreError
}

/** Calls a store without ever waiting long or throwing. */
export interface GuardedStore {
  /**
   * @param policies - those that have to do without when the store does not answer
   * @param late - called when the store has ended a call that nobody waits for any more: what it took may be out
   * @returns the store's answer, or `undefined` when there is none in time
   */
  take(
    take: StoreTake,
    policies: readonly GuardedPolicy[],
    subject: string,
    options?: TakeOptions,
    late?: () => void,
  ): StoreAnswer | undefined | Promise<StoreAnswer | undefined>
  /** What to throw where nothing may go on without the store: why it did not answer last is the `cause`. */
  unavailable(message?: string): AlfredError
  close(): void
}

/** Guards a store by a deadline for each call and a circuit breaker, and tells of its outages. */
export function createGuardedStore({ deadlineMs, clock, logger, events }: GuardedStoreOptions): GuardedStore {
  const breaker = createCircuitBreaker(clock)
  const deadlines = createDeadlineQueue(clock, deadlineMs)
  const announced = new Set<string>()
  let outageSinceMs: number | undefined
  /** Why the store did not answer last. */
  let lastFailure: unknown

  const announce = (policies: readonly GuardedPolicy[], error: unknown): void => {
    outageSinceMs ??= clock.monotonicMs()
    for (const { name, onStoreError } of policies) {
      if (announced.has(name)) continue
      announced.add(name)
      logger.warn({ err: error, policy: name, action: onStoreError }, 'rate limit store unavailable')
      events.emit('rate-limit.store-unavailable', { policy: name, action: onStoreError })
    }
  }

  const failed = (policies: readonly GuardedPolicy[], error: unknown): void => {
    breaker.failed()
    lastFailure = error
    announce(policies, error)
  }

  const worked = (): void => {
    breaker.succeeded()
    if (outageSinceMs === undefined) return
    const outageMs = clock.monotonicMs() - outageSinceMs
    outageSinceMs = undefined
    announced.clear()
    logger.info({ outageMs }, 'rate limit store available again')
    events.emit('rate-limit.store-recovered', { outageMs })
  }

  return {
    take(take, policies, subject, options, late) {
      if (!breaker.admits()) {
        announce(policies, lastFailure)
        return undefined
      }
      const accepted = (answer: StoreAnswer): StoreAnswer | undefined => {
        if (isStoreAnswer(answer)) {
          worked()
          return answer
        }
        failed(policies, new TypeError('The rate limit store returned something that is not a StoreAnswer.'))
        return undefined
      }
      let answer: StoreAnswer | PromiseLike<StoreAnswer>
      try {
        answer = take(subject, options)
        if (!isThenable(answer)) return accepted(answer)
      } catch (error) {
        failed(policies, error)
        return undefined
      }
      const pending = Promise.resolve(answer)
      return new Promise((resolve) => {
        const waiting = deadlines.watch(() => {
          failed(policies, new Error(`The rate limit store did not answer within ${String(deadlineMs)} ms.`))
          resolve(undefined)
        })
        pending.then(
          (answer) => {
            if (waiting.settled) return late?.()
            waiting.settled = true
            resolve(accepted(answer))
          },
          (error: unknown) => {
            if (waiting.settled) return late?.()
            waiting.settled = true
            failed(policies, error)
            resolve(undefined)
          },
        )
      })
    },
    unavailable: (message = 'The rate limit store is unavailable.') =>
      new AlfredError('ALFRED_STORE_UNAVAILABLE', message, { store: 'rate limits' }, { cause: lastFailure }),
    close() {
      deadlines.close()
    },
  }
}
