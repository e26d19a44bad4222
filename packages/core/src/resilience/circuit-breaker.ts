import type { Clock } from '../time/clock.ts'

/** When a {@link CircuitBreaker} opens, and how often it lets a call through then. */
export interface CircuitBreakerOptions {
  readonly clock: Clock
  /** Failures in a row that open it. @default 5 */
  readonly failuresToOpen?: number | undefined
  /** Milliseconds between the calls that an open one lets through. */
  readonly probeEveryMs: number
}

/** Keeps calls from waiting for something that is known not to answer. */
export interface CircuitBreaker {
  /** Whether calls are held back. */
  readonly isOpen: boolean
  /** Failures since the last success. */
  readonly failures: number
  /** Whether a call may be made now. While open, that is one call in every `probeEveryMs`. */
  admits(): boolean
  /** Closes it. @returns whether it was open */
  succeeded(): boolean
  /** @returns whether this failure opened it */
  failed(): boolean
}

/** Builds a breaker that opens after some failures in a row and closes at the next success. */
export function createCircuitBreaker({
  clock,
  failuresToOpen = 5,
  probeEveryMs,
}: CircuitBreakerOptions): CircuitBreaker {
  let failures = 0
  let nextProbeAtMs = 0
  const isOpen = (): boolean => failures >= failuresToOpen
  const holdBack = (): void => {
    nextProbeAtMs = clock.monotonicMs() + probeEveryMs
  }
  return {
    get isOpen() {
      return isOpen()
    },
    get failures() {
      return failures
    },
    admits() {
      if (!isOpen()) return true
      if (clock.monotonicMs() < nextProbeAtMs) return false
      holdBack()
      return true
    },
    succeeded() {
      const wasOpen = isOpen()
      failures = 0
      return wasOpen
    },
    failed() {
      failures += 1
      if (failures !== failuresToOpen) return false
      holdBack()
      return true
    },
  }
}
