import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../time/clock.ts'
import { tapBody } from './body-tap.ts'

/** The most bytes read and thrown away after a refusal before the connection is cut. */
const maxDrainBytes = 64 * 2 ** 20

/** How long a client may go on sending after a refusal. nginx waits as long for `lingering_time`. */
const maxDrainMs = 30_000

/**
 * Lets a client that is still sending see the answer to a request whose body is not wanted, and closes
 * the connection afterwards.
 *
 * Closing at once would make the kernel reset the connection because of the unread bytes, and the reset
 * overtakes the answer. So the answer says `Connection: close`, our side of the connection ends after it,
 * and what still comes is thrown away until the client closes too (RFC 9112 section 9.6) or a bound is met.
 *
 * Who reads the request gets nothing more, and no end: it must not take a part of a body for the whole.
 */
export function closeAfterAnswer(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const { socket } = request
  // A connection that is closed emits `close` no more, which ends the timer.
  if (socket.destroyed) return
  let drained = 0
  let closeNow: (() => void) | undefined
  const timer = clock.setTimeout(() => socket.destroy(), maxDrainMs)
  socket.once('close', () => {
    timer.cancel()
  })
  tapBody(request, (chunk) => {
    if (chunk === null) {
      closeNow?.()
      return true
    }
    drained += chunk.length
    if (drained > maxDrainBytes) socket.destroy()
    return true
  })
  request.resume()
  if (request.httpVersionMajor !== 1) return

  // A reader that was slow has paused the connection itself.
  socket.resume()
  response.setHeader('Connection', 'close')
  // The server calls this when the answer is out; its own version closes there and then.
  const destroySoon = socket.destroySoon.bind(socket)
  socket.destroySoon = () => {
    if (request.complete) {
      destroySoon()
      return
    }
    socket.end()
    closeNow = destroySoon
  }
}
