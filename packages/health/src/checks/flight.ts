import type { Clock } from '@alfred/core'

/** How a run ended, as far as the one who waits for it is concerned. */
export type Landing<T> =
  | { readonly outcome: 'done'; readonly value: T; readonly durationMs: number }
  | { readonly outcome: 'threw'; readonly error: unknown; readonly durationMs: number }
  | { readonly outcome: 'timed-out'; readonly durationMs: number }
  | { readonly outcome: 'still-running'; readonly durationMs: number }

/** Runs one task, never twice at the same time. */
export interface Flight<T> {
  /**
   * Starts the task, unless an earlier run has not settled, even one that timed out long ago.
   * Resolves when the time is up at the latest; never rejects.
   */
  run(): Promise<Landing<T>>
  /** Aborts the run in progress. */
  abort(): void
}

const stillRunning = Object.freeze({ outcome: 'still-running', durationMs: 0 })

/** @param task - told by its signal that nobody waits any longer */
export function createFlight<T>(
  clock: Clock,
  timeoutMs: number,
  task: (signal: AbortSignal) => Promise<T>,
): Flight<T> {
  let cut: ((reason: DOMException) => void) | undefined

  // An async wrapper, so that a task that throws at once is one that rejects.
  const begin = async (signal: AbortSignal): Promise<T> => task(signal)

  return {
    run() {
      if (cut) return Promise.resolve(stillRunning)
      const controller = new AbortController()
      const startedAt = clock.monotonicMs()
      let resolve: (landing: Landing<T>) => void = () => undefined
      const promise = new Promise<Landing<T>>((settle) => (resolve = settle))
      const timer = clock.setTimeout(() => {
        cut?.(new DOMException(`timed out after ${String(timeoutMs)} ms`, 'TimeoutError'))
      }, timeoutMs)
      cut = (reason) => {
        timer.cancel()
        resolve({ outcome: 'timed-out', durationMs: clock.monotonicMs() - startedAt })
        controller.abort(reason)
      }
      const land = (landing: (durationMs: number) => Landing<T>): void => {
        cut = undefined
        timer.cancel()
        const durationMs = clock.monotonicMs() - startedAt
        // A task that blocks the event loop is late although the timer could not say so.
        resolve(durationMs > timeoutMs ? { outcome: 'timed-out', durationMs } : landing(durationMs))
      }
      begin(controller.signal).then(
        (value) => {
          land((durationMs) => ({ outcome: 'done', value, durationMs }))
        },
        (error: unknown) => {
          land((durationMs) => ({ outcome: 'threw', error, durationMs }))
        },
      )
      return promise
    },
    abort() {
      cut?.(new DOMException('the check was closed', 'AbortError'))
    },
  }
}
