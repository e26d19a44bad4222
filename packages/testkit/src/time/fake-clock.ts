import type { Clock } from '@alfred/core'

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Moves time on, firing the timers that come due in order, each at its own time. */
  advance(ms: number): void
  /** Sets the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void
  /** How far it was moved by `advance`, in milliseconds. */
  readonly elapsedMs: number
  /** How many timers wait. */
  readonly pendingTimers: number
}

/** The clocks of the running test. */
const clocks = new Set<FakeClock>()

/** How many timers wait on the clocks that were made since the last call. */
export function pendingFakeTimers(): number {
  const pending = [...clocks].reduce((sum, clock) => sum + clock.pendingTimers, 0)
  clocks.clear()
  return pending
}

/** Away from 0, so that a duration computed with the wrong sign or without its start is a wrong one. */
const firstMonotonicMs = 7_777_000

/** @param startsAt - the first wall-clock time, ms since the epoch; default 2026-01-01T04:37:11.123Z */
export function createFakeClock(startsAt: number = Date.UTC(2026, 0, 1, 4, 37, 11, 123)): FakeClock {
  const timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>()
  let monotonic = firstMonotonicMs
  let wall = startsAt

  const nextDue = (until: number) =>
    [...timers].filter((timer) => timer.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0]

  const moveTo = (time: number): void => {
    wall += time - monotonic
    monotonic = time
  }

  const made: FakeClock = {
    now: () => wall,
    monotonicMs: () => monotonic,
    setTimeout(callback, delayMs) {
      const timer = { dueAt: monotonic + Math.max(0, delayMs), callback }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
    advance(ms) {
      const until = monotonic + ms
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        moveTo(Math.max(timer.dueAt, monotonic))
        timer.callback()
      }
      moveTo(until)
    },
    jump(ms) {
      wall += ms
    },
    get elapsedMs() {
      return monotonic - firstMonotonicMs
    },
    get pendingTimers() {
      return timers.size
    },
  }
  clocks.add(made)
  return made
}
