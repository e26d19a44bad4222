import type { IncomingHttpHeaders } from 'node:http'
import { type Clock, clockRule, repeat, systemClock } from '../time/clock.ts'
import { AlfredConfigError } from '../errors/config-error.ts'
import { option } from '../options/option-rules.ts'
import { readOptions } from '../options/read-options.ts'
import { runDetached } from '../calls/run-detached.ts'
import { type FinishingResponse, whenFinished } from './when-finished.ts'

/** One event of a stream. */
export interface StreamEvent {
  /** What the client sends back as `Last-Event-ID` when it reconnects. No line breaks. */
  readonly id?: string | number | undefined
  /**
   * The event's name. No line breaks.
   * @default 'message', the name that EventSource's `onmessage` listens to
   */
  readonly event?: string | undefined
  readonly data: string
}

/** What ends a stream early; the drain of `@alfred/server` does. */
export interface EventStreamDrain {
  /** Calls `listener` once, when `response` must end. */
  onDrain(response: FinishingResponse, listener: () => void): void
}

/** The options of `openEventStream`. */
export interface EventStreamOptions {
  /** Ends the stream when it drains. */
  readonly drain?: EventStreamDrain | undefined
  /**
   * How long a client waits before it reconnects, give or take a half at random, so that the clients of an
   * instance that goes do not all come back in the same moment.
   * @default 1000
   */
  readonly retryMs?: number | undefined
  /**
   * How often a comment is sent that keeps proxies from closing a silent stream.
   * @default 15000
   */
  readonly heartbeatMs?: number | undefined
  /** @default the machine's own */
  readonly clock?: Clock | undefined
}

/** A response that sends server-sent events. */
export interface EventStream {
  /** The id of the last event that the client has seen, on a stream before this one. */
  readonly lastEventId: string | undefined
  /**
   * Sends an event; does nothing once the stream has ended.
   *
   * @returns `false` when the client does not keep up: wait for the response's `drain` event
   * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID` when the id or the name has a line break
   */
  send(event: StreamEvent): boolean
  /** Ends the stream. The client reconnects, telling the last id. */
  end(): void
  readonly ended: boolean
}

/** A request of HTTP/1 or HTTP/2. */
export interface EventStreamRequest {
  readonly headers: IncomingHttpHeaders
}

/** A response of HTTP/1 or HTTP/2. */
export interface EventStreamResponse extends FinishingResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  write(chunk: string): boolean
  end(chunk: string): unknown
}

const milliseconds = option.number({ min: 1, max: 86_400_000 })

const rule = option.objectOf<EventStreamOptions>({
  drain: option.withMethods<EventStreamDrain>('onDrain'),
  retryMs: milliseconds,
  heartbeatMs: milliseconds,
  clock: clockRule,
})

/** A field of one line; a line break in it would begin another field, or another event. */
function fieldLine(name: 'id' | 'event', value: string): string {
  if (/[\0\r\n]/.test(value)) {
    throw new AlfredConfigError([
      { path: `event.${name}`, code: 'ALFRED_CONFIG_OUT_OF_RANGE', message: 'must not have line breaks.' },
    ])
  }
  return `${name}: ${value}\n`
}

/**
 * Begins a stream of server-sent events (WHATWG HTML, section 9.2) that a drain ends: the last thing
 * that the client hears is the last event's id and when to come back, so that it reconnects to another
 * instance and goes on where it was.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { openEventStream } from '@alfred/core'
 *
 * const lines = ['first', 'second', 'third']
 * createServer((request, response) => {
 *   const stream = openEventStream(request, response)
 *   const next = Number(stream.lastEventId ?? -1) + 1
 *   lines.slice(next).forEach((data, index) => stream.send({ id: next + index, data }))
 * }).listen(8080)
 * ```
 */
export function openEventStream(
  request: EventStreamRequest,
  response: EventStreamResponse,
  options: EventStreamOptions = {},
): EventStream {
  const {
    drain,
    retryMs = 1000,
    heartbeatMs = 15_000,
    clock = systemClock,
  } = readOptions('eventStream', options, rule)
  const header = request.headers['last-event-id']
  const lastEventId = typeof header === 'string' ? header : undefined
  let idLine = ''
  let ended = false

  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // nginx would hold events back to fill a buffer.
    'X-Accel-Buffering': 'no',
  })
  const retryLine = `retry: ${String(Math.round(retryMs * (0.5 + Math.random())))}\n`
  // At once, so that the client knows that it is connected.
  response.write(`${retryLine}\n`)
  const heartbeat = repeat(clock, heartbeatMs, () => {
    // A timer of ours: what a response throws here would end the process.
    runDetached(() => response.write(':\n\n'), stop)
  })

  function stop(): void {
    ended = true
    heartbeat.cancel()
  }
  const end = (): void => {
    if (ended) return
    stop()
    // No data, so no event: a client takes the id over and tells nobody.
    response.end(`${idLine}${retryLine}\n`)
  }
  whenFinished(response, stop)
  drain?.onDrain(response, end)

  return {
    lastEventId,
    send({ id, event, data }) {
      if (ended) return true
      const name = event === undefined ? '' : fieldLine('event', event)
      if (id !== undefined) idLine = fieldLine('id', String(id))
      const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
      return response.write(`${id === undefined ? '' : idLine}${name}${lines.join('')}\n`)
    },
    end,
    get ended() {
      return ended
    },
  }
}
