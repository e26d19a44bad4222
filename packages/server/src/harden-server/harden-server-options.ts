import {
  exemptAddressListRule,
  observed,
  option,
  type Options,
  readOptions,
  type Resolved,
} from '@alfred/core'

const hourMs = 3_600_000
const time = option.integer({ min: 1, max: hourMs })
const count = option.integer({ min: 1, max: 10_000_000 })

const hardenServerRule = option
  .object(
    {
      /**
       * From the start of a connection, or the end of the request before, until all headers of a request are there;
       * Node waits 60 s.
       *
       * @default 15_000
       */
      headersTimeoutMs: time.default(15_000),
      /**
       * Until the whole request is there, body included; Node waits 300 s. Uploads that take longer need more.
       *
       * @default 60_000, or `headersTimeoutMs` where that is longer
       */
      requestTimeoutMs: time.optional(),
      /**
       * How long an idle connection is kept for the next request. Must be longer than the proxy in front keeps it,
       * or the proxy sends requests down a connection that is being closed; 60 s is usual there.
       *
       * @default 65_000
       */
      keepAliveTimeoutMs: time.default(65_000),
      /**
       * How long a TLS handshake may take; Node waits 120 s. Of no use to a server of plain HTTP.
       *
       * @default 10_000
       */
      handshakeTimeoutMs: time.default(10_000),
      /** A request with more headers is answered with 431 (older releases of Node drop the rest). @default 100 */
      maxHeadersCount: option.integer({ min: 10, max: 10_000 }).default(100),
      /** After so many requests a connection is closed; Node sets no limit. @default 1000 */
      maxRequestsPerSocket: count.default(1000),
      /** How often connections are looked at for being late; Node looks every 30 s. @default 1000 */
      connectionsCheckingIntervalMs: time.default(1000),
      /** Connections at once; what comes on top is closed. @default no limit */
      maxConnections: count.optional(),
      /**
       * Connections at once of one client address (IPv6 by /64). Behind a proxy all come from the proxy: exempt it.
       *
       * @default no limit
       */
      maxConnectionsPerAddress: count.optional(),
      /** Addresses and networks that `maxConnectionsPerAddress` does not count. @default none */
      exempt: exemptAddressListRule.default([]),
      /** @default discards everything */
      logger: observed.logger,
      /** @default the machine's own time */
      clock: observed.clock,
      /** Receives `server.connection-refused`. */
      events: observed.events,
    },
    { needs: { exempt: 'maxConnectionsPerAddress' } },
  )
  .check(({ headersTimeoutMs, requestTimeoutMs = Infinity }, report) => {
    if (requestTimeoutMs >= headersTimeoutMs) return
    report.at('requestTimeoutMs').add('ALFRED_CONFIG_CONFLICT', 'must not be below headersTimeoutMs.')
  })
  .map((read) => ({
    ...read,
    requestTimeoutMs: read.requestTimeoutMs ?? Math.max(60_000, read.headersTimeoutMs),
  }))

/** Options of `hardenServer`. */
export interface HardenServerOptions extends Options<typeof hardenServerRule> {}

/** {@link HardenServerOptions} with their defaults. */
export type ResolvedHardenServerOptions = Resolved<typeof hardenServerRule>

/** Checks the options and fills in the defaults. */
export const resolveHardenServerOptions = (options: HardenServerOptions): ResolvedHardenServerOptions =>
  readOptions('server', options, hardenServerRule)
