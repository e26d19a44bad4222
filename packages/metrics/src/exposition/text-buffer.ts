import { Buffer } from 'node:buffer'

/** Takes a long text in pieces. */
export interface TextBuffer {
  readonly write: (text: string) => void
  /** The whole text in UTF-8. */
  readonly finish: () => Buffer
}

/** Pieces are joined to about this length before they are encoded: one call for each would cost more than it encodes. */
const joinedLength = 2048

/** UTF-8 takes at most this many bytes for one UTF-16 code unit. */
const bytesPerUnit = 3

/**
 * Builds a buffer for one text. It is encoded as it comes: a string of ten thousands of joined pieces is a
 * tree, which costs the engine ten times as much to make one text of.
 *
 * @param expectedBytes - how long it may become; it grows beyond that
 */
export function createTextBuffer(expectedBytes: number): TextBuffer {
  let bytes = Buffer.allocUnsafe(expectedBytes)
  let used = 0
  let joined = ''

  const encode = (): void => {
    const needed = used + joined.length * bytesPerUnit
    if (needed > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, bytes.length * 2))
      bytes.copy(larger, 0, 0, used)
      bytes = larger
    }
    used += bytes.write(joined, used)
    joined = ''
  }

  return {
    write(text) {
      joined += text
      if (joined.length >= joinedLength) encode()
    },
    finish() {
      encode()
      return bytes.subarray(0, used)
    },
  }
}
