import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../time/clock.ts'
import { closeAfterAnswer } from './lingering-close.ts'
import { type Problem, sendProblem } from './problem.ts'

/** A body up to this size is read to its end, so that the connection can be used again. */
const smallBodyBytes = 65_536

/** Whether the client is sending a body that is not worth reading to its end. */
function sendsMuch({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > smallBodyBytes
}

/**
 * Ends the response to a request that is not served, without waiting for its body.
 *
 * @param retryAfterSeconds - `undefined` when there is no use in coming back
 */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  retryAfterSeconds: number | undefined,
  clock: Clock,
): void {
  if (!response.headersSent) {
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds)
    if (sendsMuch(request)) closeAfterAnswer(request, response, clock)
  }
  sendProblem(request, response, problem)
}
