const maxSubjects = 1000

/** Which denials were forgotten lately. An answer that was asked for before that is out of date. */
export interface ForgottenDenials {
  /** Grows with every denial that is forgotten. */
  readonly count: number
  /** @param subject - `undefined` for everybody */
  note(subject: string | undefined): void
  /** Whether denials of a subject were forgotten since `count` was as given. */
  isOutdated(subject: string, since: number): boolean
}

/** Builds the record for one limiter. Of more than a thousand subjects it takes the others to be forgotten, too. */
export function createForgottenDenials(): ForgottenDenials {
  const bySubject = new Map<string, number>()
  let count = 0
  /** The newest of those that are not in the map any more. */
  let everybody = 0

  return {
    get count() {
      return count
    },
    note(subject) {
      count += 1
      if (subject === undefined) {
        everybody = count
        bySubject.clear()
        return
      }
      bySubject.delete(subject)
      bySubject.set(subject, count)
      if (bySubject.size <= maxSubjects) return
      const [oldest] = bySubject
      if (!oldest) return
      bySubject.delete(oldest[0])
      everybody = oldest[1]
    },
    isOutdated: (subject, since) =>
      count > since && (everybody > since || (bySubject.get(subject) ?? 0) > since),
  }
}
