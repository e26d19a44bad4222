import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '@alfred/core'

/** A server that can be drained; an Express application's `listen()` returns one. */
export type DrainableServer = HttpServer | HttpsServer

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
  let closing = false

  function forgetSocket(this: Socket): void {
    sockets.delete(this)
  }
  function forgetResponse(this: ServerResponse): void {
    responses.delete(this)
  }

  // Of a TLS server both are followed: the TCP socket, which may never finish its handshake, and the
  // TLS one, which carries the requests.
  const onSocket = (socket: Socket): void => {
    sockets.set(socket, { bytesRead: socket.bytesRead, at: clock.monotonicMs() })
    socket.once('close', forgetSocket)
  }

  const onRequest = (_request: IncomingMessage, response: ServerResponse): void => {
    if (closing) {
      response.setHeader('Connection', 'close')
      return
    }
    responses.add(response)
    response.once('close', forgetResponse)
  }

  server.on('connection', onSocket)
  server.on('secureConnection', onSocket)
  server.prependListener('request', onRequest)

  return {
    announceClose() {
      closing = true
      for (const response of responses) {
        if (!response.headersSent) response.setHeader('Connection', 'close')
      }
      responses.clear()
    },
    stop: () =>
      new Promise((resolve) => {
        server.once('close', resolve)
        server.close((error) => {
          // It was not listening any more, so it may have said `close` long ago.
          if (error && sockets.size === 0) resolve()
        })
      }),
    reapIdle() {
      server.closeIdleConnections()
      // Node counts a connection that has not sent anything yet as busy, and would wait for it.
      const before = clock.monotonicMs() - firstByteMs
      for (const [socket, opened] of sockets) {
        if (socket.bytesRead === opened.bytesRead && opened.at <= before) socket.destroy()
      }
    },
    destroyAll() {
      const { size } = sockets
      server.closeAllConnections()
      // Node knows no upgraded sockets any more.
      for (const socket of sockets.keys()) socket.destroy()
      return size
    },
    release() {
      server.off('connection', onSocket)
      server.off('secureConnection', onSocket)
      server.off('request', onRequest)
    },
  }
}
