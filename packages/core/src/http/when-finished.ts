import type { Socket } from 'node:net'
import { asError } from '../errors/as-error.ts'

/** A response of HTTP/1 or HTTP/2: what {@link whenFinished} reads of it. */
export interface FinishingResponse {
  on(event: 'close' | 'finish', listener: () => void): unknown
  prependListener(event: 'close', listener: () => void): unknown
  readonly writableEnded: boolean
  readonly writableFinished?: boolean | undefined
  readonly closed?: boolean | undefined
  readonly destroyed?: boolean | undefined
  readonly socket?: object | null | undefined
  readonly req?: { readonly socket?: Socket | undefined } | undefined
  /** HTTP/2 only. */
  readonly stream?: { readonly closed: boolean; readonly destroyed: boolean } | undefined
}

/**
 * Takes the end of a response.
 *
 * @param completed - whether all of the response was handed to the operating system; `false` when its connection or
 * stream closed first
 */
export type FinishedCallback = (completed: boolean) => void

/** The callbacks of one response; `undefined` once they were called. */
interface Watch {
  callbacks: FinishedCallback[] | undefined
}

const watchKey: unique symbol = Symbol('alfred.when-finished')

type WatchedResponse = FinishingResponse & { [watchKey]?: Watch }

/** Responses that wait for earlier ones on their connection. */
const queued = new WeakMap<Socket, Set<WatchedResponse>>()

/** HTTP/2 reports `finish` also for streams that were reset before `end()`. */
const isComplete = ({ writableEnded, writableFinished }: FinishingResponse): boolean =>
  writableEnded && writableFinished === true

function isOver(response: FinishingResponse): boolean {
  if (response.closed === true || response.destroyed === true || isComplete(response)) return true
  const { stream } = response
  // The socket of HTTP/2 belongs to all of its streams.
  if (stream) return stream.closed || stream.destroyed
  return response.req?.socket?.destroyed === true
}

function end(response: WatchedResponse): void {
  const watch = response[watchKey]
  const callbacks = watch?.callbacks
  if (!watch || !callbacks) return
  watch.callbacks = undefined
  const socket = response.req?.socket
  if (socket) queued.get(socket)?.delete(response)
  const completed = isComplete(response)
  const failures: unknown[] = []
  for (const callback of callbacks) {
    try {
      callback(completed)
    } catch (error) {
      // What the others hold must be released all the same.
      failures.push(error)
    }
  }
  if (failures.length > 0) throw asError(failures[0])
}

function onEnd(this: WatchedResponse): void {
  end(this)
}

function onSocketClose(this: Socket): void {
  for (const response of queued.get(this) ?? []) end(response)
}

/**
 * Node gives a pipelined response its socket when the ones before it have ended. Until then the response emits nothing
 * when the connection closes: in no release of Node 22, and in Node 24 up to 24.15.
 */
function watchSocket(socket: Socket, response: WatchedResponse): void {
  const waiting = queued.get(socket)
  if (waiting) {
    waiting.add(response)
    return
  }
  queued.set(socket, new Set([response]))
  socket.once('close', onSocketClose)
}

/**
 * Calls `callback` exactly once: when the response has finished or its connection has closed, whichever comes first.
 * When that has happened already, calls it before returning.
 *
 * Use it to release whatever is held for a request. `finish` alone is silent for aborted responses, and `close` alone
 * for those that closed before somebody listened and for pipelined ones. All callbacks of a response share two
 * listeners.
 *
 * @param response - of HTTP/1 or HTTP/2, at any time of its life
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { whenFinished } from '@alfred/core'
 *
 * let inFlight = 0
 * createServer((_request, response) => {
 *   inFlight += 1
 *   whenFinished(response, () => (inFlight -= 1))
 *   response.end('hello')
 * })
 * ```
 */
export function whenFinished(response: FinishingResponse, callback: FinishedCallback): void {
  const watched: WatchedResponse = response
  const known = watched[watchKey]
  if (known?.callbacks) {
    known.callbacks.push(callback)
    return
  }
  if (known || isOver(response)) {
    callback(isComplete(response))
    return
  }
  watched[watchKey] = { callbacks: [callback] }
  response.on('finish', onEnd)
  // First of all listeners: what holds a span or a timer of its own may end it at `close`.
  response.prependListener('close', onEnd)
  if (response.stream || response.socket) return
  const socket = response.req?.socket
  if (socket) watchSocket(socket, watched)
}
