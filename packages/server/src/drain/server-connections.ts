import type { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Clock } from '@alfred/core'
import { followHttp2Sessions } from './http2-sessions.ts'
import { followAnswers } from './pending-answers.ts'

/** A server that can be drained; Express' `listen()` returns one, and Fastify has one as `server`. */
export type DrainableServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** The connections of one server. */
export interface ServerConnections {
  /** From now on the last response of each connection asks the client to close it. */
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
  const sessions = followHttp2Sessions(server)
  // Of one type: the events are the same, their listeners' types differ.
  const emitter: EventEmitter = server
  const answers = followAnswers(emitter, 'updateSettings' in server)

  function forgetSocket(this: Socket): void {
    sockets.delete(this)
  }

  // Of a TLS server both are followed: the TCP socket, which may never finish its handshake, and the
  // TLS one, which carries the requests.
  const onSocket = (socket: Socket): void => {
    sockets.set(socket, { bytesRead: socket.bytesRead, at: clock.monotonicMs() })
    socket.once('close', forgetSocket)
  }

  emitter.on('connection', onSocket)
  emitter.on('secureConnection', onSocket)
  return {
    announceClose: () => {
      answers.announceClose()
    },
    stop: () =>
      new Promise((resolve) => {
        emitter.once('close', resolve)
        answers.spare(() => {
          server.close((error) => {
            // It was not listening any more, so it may have emitted `close` long ago.
            if (error && sockets.size === 0) resolve()
          })
        })
        sessions.end()
      }),
    reapIdle() {
      answers.spare(() => {
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      })
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
      answers.release()
      sessions.release()
    },
  }
}
