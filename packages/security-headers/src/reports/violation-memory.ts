import { createBoundedCache } from '@alfred/core'
import type { CspViolation } from './csp-violation.ts'

/** Remembers which violations were told, in bounded memory. */
export interface ViolationMemory {
  /**
   * Whether to tell this violation now.
   *
   * @returns how many equal ones were held back since the last time, or `undefined` to hold this one back
   */
  admit(violation: CspViolation, nowMs: number): number | undefined
}

interface Entry {
  readonly toldAt: number
  repeats: number
}

/** @param maxEntries - how many violations are remembered; what was not seen for longest is forgotten first */
export function createViolationMemory(maxEntries: number, windowMs: number): ViolationMemory {
  const entries = createBoundedCache<Entry>(maxEntries)
  return {
    admit(violation, nowMs) {
      const key = JSON.stringify(violation)
      const known = entries.get(key)
      if (known && nowMs - known.toldAt < windowMs) {
        known.repeats += 1
        return undefined
      }
      entries.set(key, { toldAt: nowMs, repeats: 0 })
      return known?.repeats ?? 0
    },
  }
}
