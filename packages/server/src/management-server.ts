import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  compose,
  type Lifecycle,
  lifecycle,
  type Middleware,
  option,
  type Options,
  problemType,
  readOptions,
  sendProblem,
} from '@alfred/core'

const managementServerRule = option.object({
  /** What it serves, in this order: `health.middleware`, a metrics endpoint. */
  middleware: option.list(option.function<Middleware>(), { min: 1 }),
  /** 0 for any that is free. */
  port: option.integer({ min: 0, max: 65_535 }),
  /**
   * The address to listen on. Whoever reaches it may ask, so another than this needs a network of its own.
   * @default '127.0.0.1'
   */
  host: option.string().default('127.0.0.1'),
})

/** The options of `createManagementServer`. */
export interface ManagementServerOptions extends Options<typeof managementServerRule> {}

/** A server for operators, beside the application's. */
export interface ManagementServer extends Lifecycle {
  readonly server: Server
  /** Resolves when it listens; rejects with the system's error when it cannot. */
  ready(): Promise<void>
  /** Where it listens. `undefined` before `ready()`. */
  readonly address: AddressInfo | undefined
}

const notFound = { type: problemType('not-found'), status: 404, title: 'Not found' }
const failed = { type: problemType('internal-error'), status: 500, title: 'Internal error' }

/**
 * Serves probes, details, metrics on a port of their own, which is not published. It listens at once, and
 * goes on answering while the application drains: close it by the drain's first hook, which runs last.
 *
 * A registry tells the two ports apart by the request: `details: (request) => request.socket.localPort === 9090`.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth } from '@alfred/health'
 * import { createManagementServer } from '@alfred/server'
 *
 * const health = createHealth({ details: (request) => request.socket.localPort === 9090 })
 * const management = createManagementServer({ middleware: [health.middleware], port: 9090 })
 * await management.ready()
 * ```
 */
export function createManagementServer(options: ManagementServerOptions): ManagementServer {
  const { middleware, port, host } = readOptions('managementServer', options, managementServerRule)
  const handle = compose(middleware)
  const server = createServer((request, response) => {
    handle(request, response, (error) => {
      sendProblem(request, response, error === undefined || error === null ? notFound : failed)
    })
  })
  server.listen(port, host)
  const listening = once(server, 'listening')
  // Told by ready(), to whoever asks; without a listener it would end the process.
  listening.catch(() => undefined)

  return {
    ...lifecycle(
      async () => {
        if (!server.listening) return
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      },
      async () => {
        await listening
      },
    ),
    server,
    get address() {
      const address = server.address()
      return address !== null && typeof address === 'object' ? address : undefined
    },
  }
}
