import type { Clock } from '@alfred/core'

/** A clock of a machine that looks up once in each step of time, so that a quarter of a year passes in a second. */
export interface SteppedClock extends Clock {
  /** Moves time on, then fires what came due meanwhile, each timer once. */
  advance(ms: number): void
  /** Sets the wall clock alone. */
  jump(ms: number): void
}

export function createSteppedClock(): SteppedClock {
  const timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>()
  let monotonic = 0
  let wall = Date.UTC(2026, 0, 1)
  return {
    now: () => wall,
    monotonicMs: () => monotonic,
    setTimeout(callback, delayMs) {
      const timer = { dueAt: monotonic + Math.max(0, delayMs), callback }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
    advance(ms) {
      monotonic += ms
      wall += ms
      const due = [...timers].filter(({ dueAt }) => dueAt <= monotonic).sort((a, b) => a.dueAt - b.dueAt)
      for (const timer of due) if (timers.delete(timer)) timer.callback()
    },
    jump(ms) {
      wall += ms
    },
  }
}
