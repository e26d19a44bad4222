/** Joins chunks into one buffer. */
export interface ByteCollector {
  readonly length: number
  add(chunk: Buffer): void
  /** @returns all bytes, which are the collector's own until it is dropped */
  take(): Buffer
}

/**
 * Builds a collector whose buffer grows by doubling. Keeping the chunks instead would let a client
 * that sends one byte per chunk hold a hundred bytes of ours for each.
 */
export function createByteCollector(): ByteCollector {
  let only: Buffer | undefined
  let joined = Buffer.alloc(0)
  let length = 0
  return {
    get length() {
      return length
    },
    add(chunk) {
      if (length === 0) {
        only = chunk
        length = chunk.length
        return
      }
      const needed = length + chunk.length
      if (needed > joined.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(needed, joined.length * 2, 4096))
        ;(only ?? joined).copy(larger, 0, 0, length)
        joined = larger
        only = undefined
      }
      chunk.copy(joined, length)
      length = needed
    },
    take: () => only ?? joined.subarray(0, length),
  }
}
