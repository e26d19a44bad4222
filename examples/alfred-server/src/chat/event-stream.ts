import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@alfred/core'
import { openEventStream } from '@alfred/server'
import type { LiveAnswer } from '../answers/live-answer.ts'
import { type ClientEvent, type EventTurn, startEvent, toClientEvent } from './answer-events.ts'

async function waitUntilDrained(response: ServerResponse): Promise<void> {
  const waiting = new AbortController()
  const { signal } = waiting
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  waiting.abort()
}

/**
 * Sends an answer as server-sent events (WHATWG HTML, section 9.2), the first one at once. A drain does not cut it: an
 * answer ends by itself, or is resumed elsewhere.
 *
 * @param from - how much of it the client has
 */
export async function streamAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: EventTurn & { readonly live: LiveAnswer },
  { from, signal, clock }: { from: number | undefined; signal: AbortSignal; clock: Clock },
): Promise<void> {
  const stream = openEventStream(request, response, { clock })
  const send = async ({ id, event, data }: ClientEvent): Promise<void> => {
    const isFlowing = stream.send({ id, event, data: JSON.stringify(data) })
    if (!isFlowing && !response.destroyed) await waitUntilDrained(response)
  }
  try {
    if (from === undefined) await send(startEvent(answer))
    for await (const step of answer.live.read(from, signal)) await send(toClientEvent(answer, step))
  } finally {
    stream.end()
  }
}
