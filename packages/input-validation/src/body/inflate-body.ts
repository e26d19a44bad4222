import { brotliDecompress, gunzip, inflate, type InputType, zstdDecompress } from 'node:zlib'

type Inflate = (
  bytes: InputType,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void

/** The content encodings that Node undoes, and body parsers with it. */
const inflaters: ReadonlyMap<string, Inflate> = new Map<string, Inflate>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', brotliDecompress],
  ['zstd', zstdDecompress],
])

/** A body of less than this is never a bomb: what it becomes is bounded by `maxBytes` alone. */
const freeBytes = 65_536

/** How much may come of a compressed body. */
export interface InflateLimits {
  /** The most bytes that come out. */
  readonly maxBytes: number
  /** The most bytes that come out for each that went in, from 64 KiB on. */
  readonly maxRatio: number
}

/** What came out, or why nothing did. */
export type Inflated = Buffer | 'malformed' | 'too-large'

/** Whether {@link inflateBody} knows the encoding. */
export const isInflatable = (encoding: string): boolean => inflaters.has(encoding)

/** Undoes a content encoding in Node's thread pool, and stops as soon as too much comes out. */
export function inflateBody(
  bytes: Buffer,
  encoding: string,
  { maxBytes, maxRatio }: InflateLimits,
  done: (outcome: Inflated) => void,
): void {
  const run = inflaters.get(encoding)
  if (!run) {
    done('malformed')
    return
  }
  const maxOutputLength = Math.min(maxBytes, Math.max(freeBytes, bytes.length * maxRatio))
  run(bytes, { maxOutputLength }, (error, result) => {
    if (!error) done(result)
    else done('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'malformed')
  })
}
