import type { Clock } from '@alfred/core'

/**
 * Waits for `work`, at most `timeoutMs`.
 *
 * @returns whether it settled in time
 * @throws what `work` rejects with in time; a later rejection is dropped
 */
export function settlesWithin(clock: Clock, work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      resolve(false)
    }, timeoutMs)
    work.then(
      () => {
        timer.cancel()
        resolve(true)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}
