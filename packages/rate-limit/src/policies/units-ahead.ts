import { createBoundedCache } from '@alfred/core'
import type { PolicyAnswer } from '../stores/policy-answer.ts'

const maxSubjects = 10_000

/** The units that one policy has taken ahead for one subject. */
export interface UnitsAhead {
  /** Units that the store has counted and nobody has used. */
  left: number
  /** When they expire. */
  endsAtMs: number
  /** Until then every request is counted by itself: the store had too few units left. */
  pausedUntilMs: number
  /** The store's last answer. */
  answer: PolicyAnswer | undefined
}

/** The units that one policy has taken ahead, by subject. */
export interface UnitsAheadBySubject {
  of(subject: string): UnitsAhead
  forget(subject: string): void
}

/** Builds the record of one policy. Subjects that were not seen for long lose what is left. */
export function createUnitsAhead(): UnitsAheadBySubject {
  const bySubject = createBoundedCache<UnitsAhead>(maxSubjects)
  return {
    of(subject) {
      let ahead = bySubject.get(subject)
      if (!ahead) {
        ahead = { left: 0, endsAtMs: 0, pausedUntilMs: 0, answer: undefined }
        bySubject.set(subject, ahead)
      }
      return ahead
    },
    forget(subject) {
      bySubject.delete(subject)
    },
  }
}
