import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../time/clock.ts'
import { createByteCollector } from './byte-collector.ts'
import { whenFinished } from './when-finished.ts'

/** The bytes of a body, or why there are none. `aborted`: the client has left, so that nobody reads an answer. */
export type BodyOutcome = Buffer | 'timeout' | 'too-large' | 'aborted'

/** What {@link readBody} allows one request. */
export interface ReadBodyLimits {
  /** The most bytes of a body. */
  readonly maxBytes: number
  /** Milliseconds until the last byte. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * Reads a request's body and calls `done` once: with the bytes after the stream's end, or as soon as it is clear that
 * they will not come. A body above a limit is left unread and the stream paused: refuse with `closeAfterAnswer`.
 *
 * @param response - the request's own; its connection may close before the request says so
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { readBody, systemClock } from '@alfred/core'
 *
 * const limits = { maxBytes: 65_536, timeoutMs: 10_000, clock: systemClock }
 * createServer((request, response) => {
 *   readBody(request, response, limits, (outcome) => {
 *     if (Buffer.isBuffer(outcome)) response.end(outcome)
 *     else if (outcome !== 'aborted') response.writeHead(outcome === 'timeout' ? 408 : 413).end()
 *   })
 * })
 * ```
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, timeoutMs, clock }: ReadBodyLimits,
  done: (outcome: BodyOutcome) => void,
): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    done('too-large')
    return
  }
  const collector = createByteCollector()
  let isDone = false

  const finish = (outcome: BodyOutcome): void => {
    if (isDone) return
    isDone = true
    timer.cancel()
    request.off('data', onChunk).off('end', onEnd).off('close', onAbort)
    done(outcome)
  }
  const stop = (outcome: 'timeout' | 'too-large'): void => {
    request.pause()
    finish(outcome)
  }
  const onChunk = (chunk: Buffer): void => {
    if (collector.length + chunk.length > maxBytes) stop('too-large')
    else collector.add(chunk)
  }
  const onEnd = (): void => {
    finish(collector.take())
  }
  const onAbort = (): void => {
    finish('aborted')
  }

  const timer = clock.setTimeout(() => {
    stop('timeout')
  }, timeoutMs)
  request.on('data', onChunk).on('end', onEnd).on('close', onAbort)
  // The request of a client that hung up before emits nothing more.
  whenFinished(response, (completed) => {
    if (!completed) onAbort()
  })
  // A reset connection is an 'error' of the stream; unheard it would end the process.
  request.on('error', onAbort)
}
