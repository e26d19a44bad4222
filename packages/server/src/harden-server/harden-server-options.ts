import {
  exemptAddressListRule,
  type Clock,
  clockRule,
  createEventBus,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
} from '@alfred/core'

/** Options of `hardenServer`. */
export interface HardenServerOptions {
  /**
   * From the start of a connection, or the end of the request before, until all headers of a request are there;
   * Node waits 60 s.
   *
   * @default 15_000
   */
  readonly headersTimeoutMs?: number | undefined
  /**
   * Until the whole request is there, body included; Node waits 300 s. Uploads that take longer need more.
   *
   * @default 60_000
   */
  readonly requestTimeoutMs?: number | undefined
  /**
   * How long an idle connection is kept for the next request. Must be longer than the proxy in front keeps it,
   * or the proxy sends requests down a connection that is being closed; 60 s is usual there.
   *
   * @default 65_000
   */
  readonly keepAliveTimeoutMs?: number | undefined
  /**
   * How long a TLS handshake may take; Node waits 120 s. Of no use to a server of plain HTTP.
   *
   * @default 10_000
   */
  readonly handshakeTimeoutMs?: number | undefined
  /** A request with more headers is answered with 431 (older releases of Node drop the rest). @default 100 */
  readonly maxHeadersCount?: number | undefined
  /** After so many requests a connection is closed; Node sets no limit. @default 1000 */
  readonly maxRequestsPerSocket?: number | undefined
  /** How often connections are looked at for being late; Node looks every 30 s. @default 1000 */
  readonly connectionsCheckingIntervalMs?: number | undefined
  /** Connections at once; what comes on top is closed. @default no limit */
  readonly maxConnections?: number | undefined
  /**
   * Connections at once of one client address (IPv6 by /64). Behind a proxy all come from the proxy: exempt it.
   *
   * @default no limit
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Addresses and networks that `maxConnectionsPerAddress` does not count. @default none */
  readonly exempt?: readonly string[] | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's clock */
  readonly clock?: Clock | undefined
  /** @default a bus of its own */
  readonly events?: EventBus | undefined
}

/** {@link HardenServerOptions} with their defaults. */
export type ResolvedHardenServerOptions = {
  readonly [
    K in Exclude<keyof HardenServerOptions, 'maxConnections' | 'maxConnectionsPerAddress'>
  ]-?: Exclude<HardenServerOptions[K], undefined>
} & {
  readonly maxConnections: number | undefined
  readonly maxConnectionsPerAddress: number | undefined
}

const hourMs = 3_600_000
const time = option.integer({ min: 1, max: hourMs })
const count = option.integer({ min: 1, max: 10_000_000 })

const shape = option.object<HardenServerOptions>(
  {
    headersTimeoutMs: time,
    requestTimeoutMs: time,
    keepAliveTimeoutMs: time,
    handshakeTimeoutMs: time,
    maxHeadersCount: option.integer({ min: 10, max: 10_000 }),
    maxRequestsPerSocket: count,
    connectionsCheckingIntervalMs: time,
    maxConnections: count,
    maxConnectionsPerAddress: count,
    exempt: exemptAddressListRule,
    logger: loggerRule,
    clock: clockRule,
    events: eventBusRule,
  },
  { needs: { exempt: 'maxConnectionsPerAddress' } },
)

const rule: OptionRule<ResolvedHardenServerOptions> = (value, report) => {
  const read = shape(value, report)
  if (!read) return undefined
  const {
    headersTimeoutMs = 15_000,
    requestTimeoutMs = Math.max(60_000, headersTimeoutMs),
    logger = noopLogger,
  } = read
  if (requestTimeoutMs < headersTimeoutMs) {
    report.at('requestTimeoutMs').add('ALFRED_CONFIG_CONFLICT', 'must not be below headersTimeoutMs.')
  }
  return Object.freeze({
    headersTimeoutMs,
    requestTimeoutMs,
    keepAliveTimeoutMs: read.keepAliveTimeoutMs ?? 65_000,
    handshakeTimeoutMs: read.handshakeTimeoutMs ?? 10_000,
    maxHeadersCount: read.maxHeadersCount ?? 100,
    maxRequestsPerSocket: read.maxRequestsPerSocket ?? 1000,
    connectionsCheckingIntervalMs: read.connectionsCheckingIntervalMs ?? 1000,
    maxConnections: read.maxConnections,
    maxConnectionsPerAddress: read.maxConnectionsPerAddress,
    exempt: read.exempt ?? [],
    logger,
    clock: read.clock ?? systemClock,
    events: read.events ?? createEventBus(logger),
  })
}

/** Checks the options and fills in the defaults. */
export const resolveHardenServerOptions = (options: HardenServerOptions): ResolvedHardenServerOptions =>
  readOptions('server', options, rule)
