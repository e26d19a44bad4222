import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type OptionRule, readOptions } from '@alfred/core'
import {
  type HardenServerOptions,
  type ResolvedHardenServerOptions,
  resolveHardenServerOptions,
} from './harden-server-options.ts'
import { limitConnectionsPerAddress } from './connections-per-address.ts'
import { limitHandshakes } from './handshake-limit.ts'

/** A server of `node:http` or `node:https`; Express' `listen()` returns one, and Fastify has one as `server`. */
export type HardenableServer = Server | HttpsServer

/**
 * Checks the options of {@link hardenServer} now, for a server that comes later.
 *
 * @returns what hardens the server
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createServerHardening } from '@alfred/server'
 *
 * const harden = createServerHardening({ maxConnections: 10_000 })
 * harden(createServer((request, response) => response.end('hello'))).listen(3000)
 * ```
 */
export function createServerHardening(
  options: HardenServerOptions = {},
): <S extends HardenableServer>(server: S) => S {
  const resolved = resolveHardenServerOptions(options)
  return (server) => harden(server, resolved)
}

/**
 * Bounds what a client can make a server wait for: slow headers and bodies (slowloris), TLS handshakes that never
 * end, idle connections, too many headers, requests or connections. Node's own defaults are made for any use
 * and mostly several times longer.
 *
 * Call it before the server listens: how often Node looks for connections that are late is settled then. A
 * connection that is late is answered with 408 and closed, at most `connectionsCheckingIntervalMs` after its time.
 *
 * @returns the same server
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { hardenServer } from '@alfred/server'
 *
 * const server = createServer((request, response) => response.end('hello'))
 * hardenServer(server, { maxConnections: 10_000 }).listen(3000)
 * ```
 */
export function hardenServer<S extends HardenableServer>(server: S, options: HardenServerOptions = {}): S {
  return createServerHardening(options)(server)
}

/** An Express application is a function with event listeners too, and takes every setting without any effect. */
const serverRule: OptionRule<object> = (value, report) => {
  const isServer =
    typeof value === 'object' &&
    value !== null &&
    ['address', 'close', 'prependListener'].every((name) => typeof Reflect.get(value, name) === 'function')
  if (isServer) return value
  const message = 'must be a server of node:http or node:https: what app.listen() or createServer() returns.'
  report.add('ALFRED_CONFIG_WRONG_TYPE', message)
  return undefined
}

function harden<S extends HardenableServer>(server: S, resolved: ResolvedHardenServerOptions): S {
  readOptions('hardenServer(server)', server, serverRule)
  const { logger, events } = resolved
  if (server.listening) {
    logger.warn({}, 'hardenServer was called after listen: connectionsCheckingIntervalMs has no effect')
  }
  server.headersTimeout = resolved.headersTimeoutMs
  server.requestTimeout = resolved.requestTimeoutMs
  server.keepAliveTimeout = resolved.keepAliveTimeoutMs
  server.maxHeadersCount = resolved.maxHeadersCount
  server.maxRequestsPerSocket = resolved.maxRequestsPerSocket
  // Read when the server begins to listen; the types know it as an option of createServer alone.
  Reflect.set(server, 'connectionsCheckingInterval', resolved.connectionsCheckingIntervalMs)

  // Of one type: the events are the same, their listeners' types differ.
  const emitter: EventEmitter = server
  const { maxConnections, maxConnectionsPerAddress } = resolved
  if (maxConnections !== undefined) {
    server.maxConnections = maxConnections
    emitter.on('drop', () => {
      events?.emit('server.connection-refused', { reason: 'total' })
    })
  }
  if (maxConnectionsPerAddress !== undefined) {
    const admits = limitConnectionsPerAddress(maxConnectionsPerAddress, resolved.exempt)
    // Before Node's own listener, which sets up a parser.
    emitter.prependListener('connection', (socket: Socket) => {
      if (admits(socket)) return
      events?.emit('server.connection-refused', { reason: 'per-address' })
      socket.destroy()
    })
  }
  if ('setSecureContext' in server) limitHandshakes(emitter, resolved.handshakeTimeoutMs, resolved.clock)
  return server
}
