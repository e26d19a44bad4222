/** One line of a file trail: the entry's number, who wrote it, how many bytes it has, and the entry. */
export interface AuditLine {
  readonly number: number
  /** Decodes the writer. */
  readonly writer: () => string
  /** Decodes the entry. */
  readonly entry: () => string
}

/** Finds the lines that count: of several with one number the first. */
export interface AuditLineReader {
  /** The number that is looked for. */
  next(): number
  /**
   * Reads the whole lines of `bytes` up to `end`.
   *
   * @returns how many bytes need not be given again, and whether `take` ended it
   */
  read(bytes: Buffer, end: number): { readonly consumed: number; readonly stopped: boolean }
}

const lineEnd = 0x0a
const space = 0x20
const writerLength = 36

/** The decimal number between `from` and the next space; -1 when there is none. */
function numberAt(bytes: Buffer, from: number): number {
  let value = 0
  for (let index = from; index < from + 16; index++) {
    const byte = bytes[index]
    if (byte === space) return index === from ? -1 : value
    if (byte === undefined || byte < 0x30 || byte > 0x39) return -1
    value = value * 10 + byte - 0x30
  }
  return -1
}

/**
 * Builds a reader that works on bytes and decodes what is asked for alone: a trail is counted far more often than read.
 *
 * @param from - the number of the first entry that is looked for
 * @param take - is given each entry, as long as the bytes are not changed; says whether to go on
 */
export function createAuditLineReader(from: number, take: (line: AuditLine) => boolean): AuditLineReader {
  let next = from

  /** Where the entry begins; -1 for what a writer left that was killed or ran out of space in the middle of its line. */
  const entryAt = (bytes: Buffer, start: number, end: number): number => {
    if (numberAt(bytes, start) !== next) return -1
    const writerAt = bytes.indexOf(space, start) + 1
    const lengthAt = writerAt + writerLength + 1
    if (lengthAt >= end || bytes[lengthAt - 1] !== space) return -1
    const length = numberAt(bytes, lengthAt)
    const at = bytes.indexOf(space, lengthAt) + 1
    return end - at === length ? at : -1
  }

  return {
    next: () => next,
    read(bytes, filled) {
      let start = 0
      for (;;) {
        const end = bytes.indexOf(lineEnd, start)
        if (end === -1 || end >= filled) return { consumed: start, stopped: false }
        const at = entryAt(bytes, start, end)
        const lineStart = start
        start = end + 1
        if (at === -1) continue
        const number = next
        next += 1
        const goesOn = take({
          number,
          writer: () => {
            const writerAt = bytes.indexOf(space, lineStart) + 1
            return bytes.toString('latin1', writerAt, writerAt + writerLength)
          },
          entry: () => bytes.toString('utf8', at, end),
        })
        if (!goesOn) return { consumed: start, stopped: true }
      }
    },
  }
}
