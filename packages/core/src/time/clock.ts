import { performance } from 'node:perf_hooks'
import { dropRejection } from '../calls/drop-rejection.ts'
import { option } from '../options/option-rules.ts'
import { runDetached } from '../calls/run-detached.ts'

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
const maxDelayMs = 2 ** 31 - 1

function setLongTimeout(callback: () => void, delayMs: number): Timer {
  let handle: NodeJS.Timeout
  const wait = (remainingMs: number): void => {
    const stepMs = Math.min(remainingMs, maxDelayMs)
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

const safeClocks = new WeakMap<Clock, Clock>([[systemClock, systemClock]])

/**
 * A clock that never throws. A reading that is no finite number is replaced by the last good one: a `NaN` that reaches
 * a counter stays there. A timer that cannot be set is set on the machine's own clock. The same one for the same clock.
 */
export function createSafeClock(clock: Clock): Clock {
  const known = safeClocks.get(clock)
  if (known) return known
  const reading = (read: () => number, first: number) => {
    let last = first
    return (): number => {
      try {
        const value = read()
        if (Number.isFinite(value)) last = value
        else dropRejection(value)
      } catch {
        // The last good reading stands in.
      }
      return last
    }
  }
  const safe: Clock = Object.freeze({
    now: reading(() => clock.now(), Date.now()),
    monotonicMs: reading(() => clock.monotonicMs(), 0),
    setTimeout(callback: () => void, delayMs: number) {
      try {
        const timer: unknown = clock.setTimeout(callback, delayMs)
        if (isTimer(timer)) return cancelSafely(timer)
        dropRejection(timer)
      } catch {
        // As below.
      }
      return setLongTimeout(callback, delayMs)
    },
  })
  safeClocks.set(clock, safe)
  safeClocks.set(safe, safe)
  return safe
}

const isTimer = (value: unknown): value is Timer =>
  typeof value === 'object' && value !== null && 'cancel' in value && typeof value.cancel === 'function'

const cancelSafely = (timer: { readonly cancel: () => unknown }): Timer => ({
  cancel() {
    // A timer that cannot be cancelled fires late; who set it has to expect that anyway.
    runDetached(
      () => timer.cancel(),
      () => undefined,
    )
  },
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

const methodsRule = option.withMethods<Clock>('now', 'monotonicMs', 'setTimeout')

/** The rule for a `clock` option. What it accepts never throws and tells finite times only. */
export const clockRule = methodsRule.map(createSafeClock)
