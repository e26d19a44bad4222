import { AlfredError, type Clock } from '@alfred/core'

/** Settles as `work` does, or rejects with `ALFRED_STORE_TIMEOUT` after `deadlineMs`. */
export function withDeadline<T>(clock: Clock, deadlineMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(
        new AlfredError(
          'ALFRED_STORE_TIMEOUT',
          `The store of the client keys did not answer within ${String(deadlineMs)} ms.`,
        ),
      )
    }, deadlineMs)
    // Adopted: a store of the application may answer with a foreign thenable.
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => {
        timer.cancel()
      })
  })
}
