import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, whenFinished } from '@alfred/core'

/** How reading a body ended. An aborted request ends without any outcome. */
export type BodyOutcome = Buffer | 'timeout' | 'too-large'

export interface ReadBodyLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * Joins chunks into one buffer that grows by doubling. Keeping the chunks instead would let a client
 * that sends one byte per chunk hold a hundred bytes of ours for each.
 */
function createCollector(): { add(chunk: Buffer): void; take(): Buffer } {
  let only: Buffer | undefined
  let joined = Buffer.alloc(0)
  let length = 0
  return {
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

/**
 * Reads the body and calls `done` once: with the bytes after the stream's end, or as soon as a limit is
 * passed, the rest then being unread and the stream paused. When the client goes away, also before this is called,
 * `done` is never called.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, timeoutMs, clock }: ReadBodyLimits,
  done: (outcome: BodyOutcome) => void,
): void {
  const collector = createCollector()
  let received = 0

  const detach = (): void => {
    timer.cancel()
    request.off('data', onChunk)
    request.off('end', onEnd)
    request.off('close', detach)
  }
  const stop = (outcome: 'timeout' | 'too-large'): void => {
    detach()
    request.pause()
    done(outcome)
  }
  const onChunk = (chunk: Buffer): void => {
    received += chunk.length
    if (received > maxBytes) stop('too-large')
    else collector.add(chunk)
  }
  const onEnd = (): void => {
    detach()
    done(collector.take())
  }

  const timer = clock.setTimeout(() => {
    stop('timeout')
  }, timeoutMs)
  request.on('data', onChunk)
  request.on('end', onEnd)
  request.on('close', detach)
  // The request of a client that hung up before emits nothing more.
  whenFinished(response, (completed) => {
    if (!completed) detach()
  })
  // A reset connection is an 'error' of the stream; unheard it would end the process.
  request.on('error', detach)
}
