import type { Clock } from '@alfred/core'

const failuresToOpen = 5
/** How long calls are held back before one may try again, in milliseconds. */
export const probeEveryMs = 500

/** Keeps calls from waiting for something that is known not to answer. */
export interface CircuitBreaker {
  /** Whether a call may be made now. While open, that is one call in every `probeEveryMs`. */
  admits(): boolean
  succeeded(): void
  failed(): void
}

/** Builds a breaker that opens after five failures in a row and closes at the next success. */
export function createCircuitBreaker(clock: Clock): CircuitBreaker {
  let failures = 0
  let nextProbeAtMs = 0
  return {
    admits() {
      if (failures < failuresToOpen) return true
      const nowMs = clock.monotonicMs()
      if (nowMs < nextProbeAtMs) return false
      nextProbeAtMs = nowMs + probeEveryMs
      return true
    },
    succeeded() {
      failures = 0
    },
    failed() {
      failures++
      if (failures === failuresToOpen) nextProbeAtMs = clock.monotonicMs() + probeEveryMs
    },
  }
}
