import { asError } from '../errors/as-error.ts'
import type { Clock } from './clock.ts'

/** How long work may take, and how it is ended. */
export interface WorkDeadline {
  readonly clock: Clock
  /** Milliseconds. */
  readonly timeoutMs: number
  /** The error of work that takes longer: the signal's reason, and what the call rejects with. */
  readonly late: () => Error
  /** Ends the work early with a reason of its own. @default one that only the deadline aborts */
  readonly controller?: AbortController | undefined
}

/**
 * Runs work that can be ended, and ends it when it takes too long. Work that ignores its signal holds nobody: the call
 * rejects with the reason, and what becomes of the work is dropped. A throw at once is a rejection.
 *
 * @throws what the work rejects with in time; otherwise the reason of the abort
 *
 * @example
 * ```ts
 * import { runWithDeadline, systemClock } from '@alfred/core'
 *
 * const late = () => new Error('no answer within 5 seconds')
 * const answer = await runWithDeadline({ clock: systemClock, timeoutMs: 5000, late }, (signal) =>
 *   fetch('https://api.example', { signal }),
 * )
 * ```
 */
export async function runWithDeadline<T>(
  { clock, timeoutMs, late, controller = new AbortController() }: WorkDeadline,
  work: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<Awaited<T>> {
  const { signal } = controller
  const timer = clock.setTimeout(() => {
    controller.abort(late())
  }, timeoutMs)
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (): void => {
      reject(asError(signal.reason))
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  try {
    return await Promise.race([startWork(work, signal), ended])
  } finally {
    timer.cancel()
  }
}

/** In a function of its own, so that a throw at once leaves no promise without a handler. */
const startWork = async <T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  signal: AbortSignal,
): Promise<Awaited<T>> => await work(signal)
