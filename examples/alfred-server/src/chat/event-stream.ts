import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@alfred/core'
import { openEventStream } from '@alfred/server'

/** A response that tells events as they happen (WHATWG HTML, server-sent events). */
export interface EventStream {
  /** Sends one event and waits while the client is slower than we are. */
  send(event: string, data: unknown): Promise<void>
  end(): void
}

/**
 * Begins a stream on `response`. A drain does not cut it: an answer ends by itself, and nobody could resume it.
 *
 * @param streamId - what the events' ids begin with: `<streamId>.1`, `<streamId>.2`, …
 */
export function beginEventStream(
  request: IncomingMessage,
  response: ServerResponse,
  streamId: string,
  clock: Clock,
): EventStream {
  const stream = openEventStream(request, response, { clock })
  let sequence = 0
  return {
    async send(event, data) {
      sequence += 1
      const id = `${streamId}.${String(sequence)}`
      const flowing = stream.send({ id, event, data: JSON.stringify(data) })
      if (flowing || response.destroyed) return
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
      waiting.abort()
    },
    end() {
      stream.end()
    },
  }
}
