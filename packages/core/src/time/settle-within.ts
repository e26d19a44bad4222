import { asError } from '../errors/as-error.ts'
import type { Clock } from './clock.ts'

/** What came of work with a deadline. */
export type Settlement<T> = { readonly settled: true; readonly value: T } | { readonly settled: false }

/**
 * Waits for `work`, at most `timeoutMs` milliseconds. A foreign thenable is adopted first.
 *
 * @returns the value, or `settled: false` when the time is over
 * @throws what `work` rejects with in time; a later rejection is dropped
 */
export function settleWithin<T>(
  clock: Clock,
  work: T | PromiseLike<T>,
  timeoutMs: number,
): Promise<Settlement<Awaited<T>>> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      resolve({ settled: false })
    }, timeoutMs)
    Promise.resolve(work).then(
      (value) => {
        timer.cancel()
        resolve({ settled: true, value })
      },
      (error: unknown) => {
        timer.cancel()
        reject(asError(error))
      },
    )
  })
}
