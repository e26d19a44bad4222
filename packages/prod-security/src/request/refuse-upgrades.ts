import { IncomingMessage, STATUS_CODES } from 'node:http'
import { Duplex } from 'node:stream'
import type { HardenableServer } from '@alfred/server'

const status = 400

/**
 * Closes connections that ask for an upgrade with a request that `accepts` refuses: a target or a
 * host that the stack would not take.
 *
 * It stands before the server's listeners: one listener cannot keep an event from another, and a listener of our own
 * would make Node hand over upgrades that nobody wants.
 */
export function refuseUpgrades(
  server: HardenableServer,
  accepts: (request: IncomingMessage) => boolean,
): void {
  const emit = server.emit.bind(server)
  server.emit = (name: string, ...details: unknown[]): boolean => {
    const [request, socket] = details
    const isUpgrade = name === 'upgrade' && request instanceof IncomingMessage && socket instanceof Duplex
    if (!isUpgrade || accepts(request)) return emit(name, ...details)
    socket.end(
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    return true
  }
}
