import type { ServerResponse } from 'node:http'
import type { BodyRequest } from './guarded-body.ts'

/**
 * Ends a request whose reader gets nothing more, once its connection has closed: the reader sees what it sees when a client
 * leaves. Earlier, error handlers would cut the connection before the answer is out.
 */
export function endWithConnection(request: BodyRequest, response: ServerResponse): void {
  const closing = request.stream === undefined ? request.socket : response
  if (closing.destroyed) request.destroy()
  else
    closing.once('close', () => {
      request.destroy()
    })
}

/** Cuts a request off whose answer has begun: there is nothing else to tell its client. */
export function cutConnection({ stream, socket }: BodyRequest): void {
  if (stream === undefined) socket.destroy()
  else stream.destroy()
}

/**
 * Lets what the application still writes to an answered response go nowhere, as it does when a client has left: its handler
 * may be at work, and a header after the answer would be thrown at it from a callback, which ends a process.
 */
export function ignoreLateAnswer(response: ServerResponse): void {
  const ignore = (): ServerResponse => response
  const taken = (): boolean => true
  Object.assign(response, {
    setHeader: ignore,
    appendHeader: ignore,
    setHeaders: ignore,
    removeHeader: ignore,
    writeHead: ignore,
    flushHeaders: ignore,
    write: taken,
    end: ignore,
  })
}
