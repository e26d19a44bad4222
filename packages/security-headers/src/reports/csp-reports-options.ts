import {
  endpointPathRule,
  observed,
  option,
  type Options,
  readOptions,
  type Resolved,
  trustProxyRule,
} from '@alfred/core'

const cspReportsRule = option.object({
  /**
   * The path reports are posted to.
   *
   * @default '/csp-reports'
   */
  path: endpointPathRule.default('/csp-reports'),
  /**
   * The largest body that is read.
   *
   * @default 65536
   */
  maxBytes: option.integer({ min: 1, max: 1_048_576 }).default(65_536),
  /**
   * How many reports of one body are read; the rest is counted and dropped.
   *
   * @default 20
   */
  maxReports: option.integer({ min: 1, max: 1000 }).default(20),
  /**
   * How many reports are taken per second from one client address, with a burst of as many. Beyond it the
   * answer is 429, before the body is read.
   *
   * @default 20
   */
  reportsPerSecond: option.number({ min: 0.01, max: 10_000 }).default(20),
  /**
   * How many reports are taken per second from all clients, by this process, with a burst of as many.
   *
   * @default 200
   */
  totalReportsPerSecond: option.number({ min: 0.01, max: 100_000 }).default(200),
  /**
   * The proxies whose `X-Forwarded-For` names the client.
   *
   * @default false
   */
  trustProxy: trustProxyRule.default(false),
  /**
   * How long an equal violation is held back after it was told.
   *
   * @default 60000
   */
  dedupWindowMs: option.integer({ min: 0, max: 86_400_000 }).default(60_000),
  /**
   * How many different violations are remembered; what was not seen for longest is forgotten first.
   *
   * @default 500
   */
  dedupEntries: option.integer({ min: 1, max: 100_000 }).default(500),
  /** Receives `csp.violation`. */
  events: observed.events,
  /**
   * Told of each violation that is not held back.
   *
   * @default discards everything
   */
  logger: observed.logger,
  /** @default the machine's own time */
  clock: observed.clock,
})

/** Options of {@link createCspReports}. */
export interface CspReportsOptions extends Options<typeof cspReportsRule> {}

/** Checks the options and adds the defaults. */
export const resolveCspReportsOptions = (options: CspReportsOptions = {}): Resolved<typeof cspReportsRule> =>
  readOptions('cspReports', options, cspReportsRule)
