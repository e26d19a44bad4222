import type { PolicyAnswer } from '../stores/policy-answer.ts'
import { createBoundedMap } from '../stores/bounded-map.ts'

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

/** Builds the record of one policy. The subject that was seen longest ago loses what is left. */
export function createUnitsAhead(): UnitsAheadBySubject {
  const bySubject = createBoundedMap<UnitsAhead>(maxSubjects)
  return {
    of(subject) {
      let ahead = bySubject.get(subject)
      if (!ahead) {
        ahead = { left: 0, endsAtMs: 0, pausedUntilMs: 0, answer: undefined }
        bySubject.set(subject, ahead)
      }
      return ahead
    },
    forget: (subject) => void bySubject.delete(subject),
  }
}
