import type { Clock, Timer } from '@alfred/core'

/** Something that is waited for. */
export interface Waiting {
  /** To be set once it came; set when it did not come in time. */
  settled: boolean
  readonly dueAtMs: number
  readonly late: () => void
}

/** Watches over any number of waits of the same length with one timer. */
export interface DeadlineQueue {
  /** @param late - called when what is waited for did not come in time */
  watch(late: () => void): Waiting
  close(): void
}

/** @param deadlineMs - how long each may take */
export function createDeadlineQueue(clock: Clock, deadlineMs: number): DeadlineQueue {
  let queue: Waiting[] = []
  let timer: Timer | undefined

  const expire = (): void => {
    const nowMs = clock.monotonicMs()
    const firstToCome = queue.findIndex(({ settled, dueAtMs }) => !settled && dueAtMs > nowMs)
    const due = firstToCome === -1 ? queue : queue.slice(0, firstToCome)
    queue = firstToCome === -1 ? [] : queue.slice(firstToCome)
    const next = queue[0]
    timer = next && arm(next.dueAtMs - nowMs)
    for (const waiting of due) {
      if (waiting.settled) continue
      waiting.settled = true
      waiting.late()
    }
  }

  // A process that was busy finds its timers due before it has read the answers that have come meanwhile:
  // those are read in between.
  const arm = (delayMs: number): Timer => clock.setTimeout(() => setImmediate(expire), delayMs)

  return {
    watch(late) {
      const waiting = { settled: false, dueAtMs: clock.monotonicMs() + deadlineMs, late }
      queue.push(waiting)
      timer ??= arm(deadlineMs)
      return waiting
    },
    close() {
      timer?.cancel()
    },
  }
}
