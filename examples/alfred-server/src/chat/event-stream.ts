import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Clock, repeat } from '@alfred/core'

/** A response that tells events as they happen (WHATWG HTML, server-sent events). */
export interface EventStream {
  /** Sends one event and waits while the client is slower than we are. */
  send(event: string, data: unknown): Promise<void>
  end(): void
}

/** How often a silent stream sends a comment, so that no proxy takes it for dead. */
const heartbeatMs = 15_000

/**
 * Begins a stream on `response`.
 *
 * @param streamId - what the events' ids begin with: `<streamId>.1`, `<streamId>.2`, …
 */
export function beginEventStream(response: ServerResponse, streamId: string, clock: Clock): EventStream {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx would otherwise collect the tokens into one block.
    'X-Accel-Buffering': 'no',
  })
  const heartbeat = repeat(clock, heartbeatMs, () => response.write(': still here\n\n'))
  response.once('close', () => {
    heartbeat.cancel()
  })
  let sequence = 0
  return {
    async send(event, data) {
      sequence += 1
      const id = `${streamId}.${String(sequence)}`
      // JSON has no raw line breaks, so the data is always one line.
      const flowing = response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      if (flowing || response.destroyed) return
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
      waiting.abort()
    },
    end() {
      heartbeat.cancel()
      response.end()
    },
  }
}
