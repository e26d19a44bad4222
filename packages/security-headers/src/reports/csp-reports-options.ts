import {
  type Clock,
  clockRule,
  endpointPathRule,
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

/** Options of {@link createCspReports}. */
export interface CspReportsOptions {
  /**
   * The path reports are posted to.
   *
   * @default '/csp-reports'
   */
  readonly path?: string | undefined
  /**
   * The largest body that is read.
   *
   * @default 65536
   */
  readonly maxBytes?: number | undefined
  /**
   * How many reports of one body are read; the rest is counted and dropped.
   *
   * @default 20
   */
  readonly maxReports?: number | undefined
  /**
   * How many reports are taken per second, by this process, with a burst of as many. Beyond it the
   * answer is 429, before the body is read.
   *
   * @default 20
   */
  readonly reportsPerSecond?: number | undefined
  /**
   * How long an equal violation is held back after it was told.
   *
   * @default 60000
   */
  readonly dedupWindowMs?: number | undefined
  /**
   * How many different violations are remembered; what was not seen for longest is forgotten first.
   *
   * @default 500
   */
  readonly dedupEntries?: number | undefined
  /** Receives `csp.violation`. */
  readonly events?: EventBus | undefined
  /**
   * Told of each violation that is not held back.
   *
   * @default noopLogger
   */
  readonly logger?: Logger | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

/** Checked options. */
export interface ResolvedCspReportsOptions {
  readonly path: string
  readonly maxBytes: number
  readonly maxReports: number
  readonly reportsPerSecond: number
  readonly dedupWindowMs: number
  readonly dedupEntries: number
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const cspReportsRule: OptionRule<ResolvedCspReportsOptions> = (value, report) => {
  const read = option.objectOf<{
    -readonly [Key in keyof ResolvedCspReportsOptions]?: ResolvedCspReportsOptions[Key]
  }>({
    path: endpointPathRule,
    maxBytes: option.integer({ min: 1, max: 1_048_576 }),
    maxReports: option.integer({ min: 1, max: 1000 }),
    reportsPerSecond: option.number({ min: 0.01, max: 10_000 }),
    dedupWindowMs: option.integer({ min: 0, max: 86_400_000 }),
    dedupEntries: option.integer({ min: 1, max: 100_000 }),
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  })(value, report)
  if (!read) return undefined
  return Object.freeze({
    path: read.path ?? '/csp-reports',
    maxBytes: read.maxBytes ?? 65_536,
    maxReports: read.maxReports ?? 20,
    reportsPerSecond: read.reportsPerSecond ?? 20,
    dedupWindowMs: read.dedupWindowMs ?? 60_000,
    dedupEntries: read.dedupEntries ?? 500,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}

/** Checks the options and adds the defaults. */
export function resolveCspReportsOptions(options: CspReportsOptions = {}): ResolvedCspReportsOptions {
  return readOptions('cspReports', options, cspReportsRule)
}
