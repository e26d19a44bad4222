import { performance } from 'node:perf_hooks'
import { option } from './option-rules.ts'

/** A timer that was set and may be cancelled. */
export interface Timer {
  cancel(): void
}

/** Where the packages take time from, so that a test can hold it still. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump. */
  now(): number
  /** Milliseconds that only ever grow, for measuring durations. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`, however long that is. Never keeps the process alive. */
  setTimeout(callback: () => void, delayMs: number): Timer
}

/** The longest delay a Node timer can wait; anything above fires after 1 ms. */
const longestDelayMs = 2 ** 31 - 1

function setLongTimeout(callback: () => void, delayMs: number): Timer {
  let handle: NodeJS.Timeout
  const wait = (remainingMs: number): void => {
    const stepMs = Math.min(remainingMs, longestDelayMs)
    handle = setTimeout(() => {
      if (remainingMs > stepMs) wait(remainingMs - stepMs)
      else callback()
    }, stepMs)
    handle.unref()
  }
  wait(Math.max(0, delayMs))
  return {
    cancel() {
      clearTimeout(handle)
    },
  }
}

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: setLongTimeout,
})

/**
 * Calls `callback` every `intervalMs`, the next time only after the last call was made.
 *
 * @returns the timer that ends it
 */
export function repeat(clock: Clock, intervalMs: number, callback: () => void): Timer {
  let timer: Timer
  const schedule = (): void => {
    timer = clock.setTimeout(() => {
      schedule()
      callback()
    }, intervalMs)
  }
  schedule()
  return {
    cancel() {
      timer.cancel()
    },
  }
}

/** The rule for a `clock` option. */
export const clockRule = option.withMethods<Clock>('now', 'monotonicMs', 'setTimeout')
