/** Every way in which routers may read a request's path. */
export interface PathReadings {
  /** The path as it was sent comes first. */
  readonly all: readonly string[]
  /** The same without duplicates in lower case, as routers that ignore the case compare them. */
  readonly lowerCase: readonly string[]
}

/** The readings of one request, and what they were made of. */
export interface KnownPathReadings {
  readonly target: string
  readonly url: string | undefined
  /** `undefined` when there are too many, or none. */
  readonly readings: PathReadings | undefined
}
