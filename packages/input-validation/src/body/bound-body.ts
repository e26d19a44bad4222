import type { IncomingMessage } from 'node:http'
import { type ReadBodyLimits, tapBody } from '@alfred/core'

/** Why a body that was passed on was stopped. */
export type BoundReason = 'timeout' | 'too-large'

/**
 * Bounds a body that somebody else reads: counts its bytes as they arrive and waits for its end. When a bound is crossed, the
 * reader gets nothing more, and `onExceeded` is called once. It must answer, or cut the connection.
 */
export function boundBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs, clock }: ReadBodyLimits,
  onExceeded: (reason: BoundReason) => void,
): void {
  const { socket } = request
  let received = request.readableLength
  let isStopped = false
  const settle = (): void => {
    timer.cancel()
    socket.off('close', settle)
  }
  const stop = (reason: BoundReason): void => {
    isStopped = true
    settle()
    onExceeded(reason)
  }
  const timer = clock.setTimeout(() => {
    stop('timeout')
  }, timeoutMs)
  const tap = tapBody(request, (chunk) => {
    if (isStopped) return true
    if (chunk === null) settle()
    else if ((received += chunk.length) > maxBytes) {
      stop('too-large')
      return true
    }
    return tap.forward(chunk)
  })
  // The request of an answer that came before its body's end does not close with its connection.
  socket.once('close', settle)
  request.once('close', settle)
  if (received > maxBytes) stop('too-large')
  // What has closed before, while a layer waited, emits nothing more.
  else if (request.complete || socket.destroyed) settle()
}
