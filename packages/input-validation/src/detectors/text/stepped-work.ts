/** Work that can stop between its steps: each `yield` tells how many characters the last step looked at. */
export type SteppedWork<T> = Generator<number, T, undefined>

/** How many characters a step looks at: one or two milliseconds for code that nothing has compiled yet. */
export const stepLength = 8192

/** Does all of the work at once. */
export function atOnce<T>(work: SteppedWork<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/**
 * Looks through something in pieces, and can stop between them.
 *
 * @param look - looks through a piece and returns where the next one begins, which may be behind the end of its own
 * @param pieceLength - of characters, or of what else `look` counts
 */
export function* inPieces(
  length: number,
  look: (from: number, to: number) => number,
  pieceLength = stepLength,
): SteppedWork<void> {
  for (let from = 0; from < length;) {
    const next = look(from, Math.min(from + pieceLength, length))
    if (next < length) yield stepLength
    from = next
  }
}
