import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock, Timer } from '@alfred/core'

/** A connection's name, the same for the TCP socket and the TLS socket on it. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${String(remoteAddress)} ${String(remotePort)}`

/**
 * Closes connections that have not finished their TLS handshake in time. Node's own time for it, two minutes,
 * can only be set when the server is created.
 */
export function limitHandshakes(server: EventEmitter, timeoutMs: number, clock: Clock): void {
  const waiting = new Map<string, Timer>()

  const settle = (name: string): void => {
    waiting.get(name)?.cancel()
    waiting.delete(name)
  }

  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    settle(name)
    waiting.set(
      name,
      clock.setTimeout(() => {
        waiting.delete(name)
        socket.destroy()
      }, timeoutMs),
    )
    socket.once('close', () => {
      settle(name)
    })
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    settle(nameOf(socket))
  })
}
