import type { IncomingMessage } from 'node:http'

/** The way of a request's bytes from the connection to whoever reads them. */
export interface BodyTap {
  /** Hands bytes, or the end as `null`, to the reader. @returns whether more is welcome now */
  forward(chunk: Buffer | null): boolean
  /** Lets everything pass again. */
  release(): void
}

/**
 * Hands every chunk of a body to `take` as it arrives, and its end as `null`, in place of the reader. Nothing is read:
 * parsers that come later find the stream as if they were the first. Node calls `push` for each chunk, under HTTP/2 too.
 *
 * @param take - returns whether more is welcome; `false` stops the connection until the reader asks
 */
export function tapBody(request: IncomingMessage, take: (chunk: Buffer | null) => boolean): BodyTap {
  const push = request.push.bind(request)
  let isReleased = false
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (isReleased || (chunk !== null && !Buffer.isBuffer(chunk))) return push(chunk, encoding)
    return take(chunk)
  }
  return {
    forward: (chunk) => push(chunk),
    release: () => {
      isReleased = true
    },
  }
}
