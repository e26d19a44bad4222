import { type Clock, createBoundedCache } from '@alfred/core'

/** Counts reports per fingerprint. */
export interface RepeatLimit {
  /**
   * Counts one occurrence.
   *
   * @returns how many occurrences were held back since the last one that passed, or `undefined` to hold this one back
   */
  take(fingerprint: string): number | undefined
}

interface Window {
  readonly startedAtMs: number
  passed: number
  heldBack: number
}

/** How many fingerprints are told apart; of one that is forgotten the next error passes. */
const maxFingerprints = 1000

/** Lets `limit` reports of one fingerprint pass in `windowMs`. */
export function createRepeatLimit(clock: Clock, limit: number, windowMs: number): RepeatLimit {
  const windows = createBoundedCache<Window>(maxFingerprints)
  return {
    take(fingerprint) {
      const nowMs = clock.monotonicMs()
      const known = windows.get(fingerprint)
      if (known !== undefined && nowMs - known.startedAtMs < windowMs) {
        if (known.passed >= limit) {
          known.heldBack += 1
          return undefined
        }
        known.passed += 1
        return 0
      }
      windows.set(fingerprint, { startedAtMs: nowMs, passed: 1, heldBack: 0 })
      return known?.heldBack ?? 0
    },
  }
}
