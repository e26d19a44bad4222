import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type Clock, whenFinished } from '@alfred/core'
import { followHttp2Sessions } from './http2-sessions.ts'

/** A server that can be drained; Express' `listen()` returns one, and Fastify has one as `server`. */
export type DrainableServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** The connections of one server. */
export interface ServerConnections {
  /** From now on every response asks the client to close its connection. */
  announceClose(): void
  /** Stops listening; resolves when the last connection is gone, upgraded ones included. */
  stop(): Promise<void>
  /** Closes the connections that carry no request. */
  reapIdle(): void
  /** Destroys what is left. @returns how many connections that were */
  destroyAll(): number
  /** Forgets the server. */
  release(): void
}

interface Opened {
  readonly bytesRead: number
  readonly at: number
}

/** How long a new connection may take to send its first byte once the server stops. */
const firstByteMs = 500

/** Follows `server`, from before its first connection. */
export function followConnections(server: DrainableServer, clock: Clock): ServerConnections {
  const sockets = new Map<Socket, Opened>()
  const responses = new Set<ServerResponse>()
  const sessions = followHttp2Sessions(server)
  // Of one type: the events are the same, their listeners' types differ.
  const emitter: EventEmitter = server
  const speaksHttp2 = 'updateSettings' in server
  let closing = false

  function forgetSocket(this: Socket): void {
    sockets.delete(this)
  }

  // Of a TLS server both are followed: the TCP socket, which may never finish its handshake, and the
  // TLS one, which carries the requests.
  const onSocket = (socket: Socket): void => {
    sockets.set(socket, { bytesRead: socket.bytesRead, at: clock.monotonicMs() })
    socket.once('close', forgetSocket)
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // HTTP/2 has no such field; its sessions are told by GOAWAY.
    if (request.httpVersionMajor > 1) return
    if (closing) {
      response.setHeader('Connection', 'close')
      return
    }
    responses.add(response)
    whenFinished(response, () => responses.delete(response))
  }

  emitter.on('connection', onSocket)
  emitter.on('secureConnection', onSocket)
  // A listener for requests would make an HTTP/2 server whose streams are handled themselves build a request
  // for each of them.
  if (!speaksHttp2) emitter.prependListener('request', onRequest)

  return {
    announceClose() {
      closing = true
      if (speaksHttp2 && emitter.listenerCount('request') > 0) emitter.prependListener('request', onRequest)
      for (const response of responses) {
        if (!response.headersSent) response.setHeader('Connection', 'close')
      }
      responses.clear()
    },
    stop: () =>
      new Promise((resolve) => {
        emitter.once('close', resolve)
        server.close((error) => {
          // It was not listening any more, so it may have said `close` long ago.
          if (error && sockets.size === 0) resolve()
        })
        sessions.end()
      }),
    reapIdle() {
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      // Node counts a connection that has not sent anything yet as busy, and would wait for it.
      const before = clock.monotonicMs() - firstByteMs
      for (const [socket, opened] of sockets) {
        if (socket.bytesRead === opened.bytesRead && opened.at <= before) socket.destroy()
      }
    },
    destroyAll() {
      const { size } = sockets
      if ('closeAllConnections' in server) server.closeAllConnections()
      // Node knows no upgraded sockets any more, and no way to end all of HTTP/2.
      for (const socket of sockets.keys()) socket.destroy()
      return size
    },
    release() {
      emitter.off('connection', onSocket)
      emitter.off('secureConnection', onSocket)
      emitter.off('request', onRequest)
      sessions.release()
    },
  }
}
