import type { IncomingMessage, ServerResponse } from 'node:http'
import { createByteCollector, type ReadBodyLimits, tapBody, whenFinished } from '@alfred/core'

/** A body that has arrived and that nobody has read. */
export interface HeldBody {
  readonly bytes: Buffer
  /** Puts the bytes where a parser finds them that comes later and reads the request itself. */
  replay(): void
}

/** The body, or why there is none. `aborted`: the client has left, so that nobody reads an answer. */
export type HeldOutcome = HeldBody | 'aborted' | 'timeout' | 'too-large'

/** What arrived while the layers before were waiting. Whole, so that the stream does not end for want of more. */
function takeEarly(request: IncomingMessage): Buffer | undefined {
  if (request.readableLength === 0) return undefined
  const early: unknown = request.read(request.readableLength)
  if (typeof early === 'string') return Buffer.from(early, request.readableEncoding ?? 'utf8')
  return Buffer.isBuffer(early) ? early : undefined
}

/** The bytes of a body that has been held and replayed; they stay for who reads next. `undefined` once somebody has. */
export function peekBody(request: IncomingMessage): Buffer | undefined {
  const bytes = takeEarly(request)
  if (bytes) request.unshift(bytes)
  return bytes
}

/**
 * Holds a body back until it is complete and calls `done` once. The stream stays unread: after `replay` it is as if the
 * body had just come. A body above a limit is held no longer: refuse it with `closeAfterAnswer`.
 */
export function holdBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, timeoutMs, clock }: ReadBodyLimits,
  done: (outcome: HeldOutcome) => void,
): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    done('too-large')
    return
  }
  const early = takeEarly(request)
  const collector = createByteCollector()
  if (early) collector.add(early)
  if (collector.length > maxBytes) {
    done('too-large')
    return
  }
  if (request.complete && !request.destroyed) {
    done({
      bytes: collector.take(),
      replay: () => {
        if (early) request.unshift(early)
      },
    })
    return
  }

  let isDone = false
  const finish = (outcome: HeldOutcome): void => {
    if (isDone) return
    isDone = true
    timer.cancel()
    request.off('close', onAbort).off('aborted', onAbort)
    tap.release()
    done(outcome)
  }
  const onAbort = (): void => {
    finish('aborted')
  }
  const onEnd = (): void => {
    const bytes = collector.take()
    const replay = (): void => {
      if (bytes.length > 0) tap.forward(bytes)
      tap.forward(null)
    }
    finish({ bytes, replay })
  }
  const tap = tapBody(request, (chunk) => {
    if (chunk === null) onEnd()
    else if (collector.length + chunk.length > maxBytes) finish('too-large')
    else collector.add(chunk)
    return true
  })
  const timer = clock.setTimeout(() => {
    finish('timeout')
  }, timeoutMs)
  request.on('close', onAbort).on('aborted', onAbort)
  // The request of a client that hung up before emits nothing more.
  whenFinished(response, (completed) => {
    if (!completed) onAbort()
  })
  // A reset connection is an 'error' of the stream; unheard it would end the process.
  request.on('error', onAbort)
  // HTTP/2 sends nothing before the first call.
  request.read(0)
}
