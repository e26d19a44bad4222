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

/** @param capacity - how many violations are remembered; the one told longest ago goes first */
export function createViolationMemory(capacity: number, windowMs: number): ViolationMemory {
  // A Map keeps the order of insertion, and telling inserts anew.
  const entries = new Map<string, Entry>()
  return {
    admit(violation, nowMs) {
      const key = JSON.stringify(violation)
      const known = entries.get(key)
      if (known && nowMs - known.toldAt < windowMs) {
        known.repeats += 1
        return undefined
      }
      entries.delete(key)
      const [oldest] = entries.keys()
      if (oldest !== undefined && entries.size >= capacity) entries.delete(oldest)
      entries.set(key, { toldAt: nowMs, repeats: 0 })
      return known?.repeats ?? 0
    },
  }
}
