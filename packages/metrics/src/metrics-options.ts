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
  readOptions,
  systemClock,
} from '@alfred/core'
import {
  type HttpMetricsOptions,
  httpMetricsRule,
  type ResolvedHttpOptions,
  resolveHttpMetricsOptions,
} from './http/http-metrics-options.ts'
import type { MetricsRegistry } from './instruments/metrics-registry.ts'
import { type ScrapeAccess, scrapeAccessRule } from './exposition/scrape-access.ts'
import { metricsPeers } from './metrics-peers.ts'

/** The options of {@link createMetrics}. */
export interface MetricsOptions {
  /**
   * A registry of prom-client, or of `@prometheus-io/client`, to export through. It then decides the format
   * that scrapes get. @default a registry of its own
   */
  readonly registry?: MetricsRegistry | undefined
  /** Where the endpoint answers. @default '/metrics' */
  readonly path?: string | undefined
  /** Who may scrape. @default 'loopback' */
  readonly access?: ScrapeAccess | undefined
  /**
   * How long a scrape may wait for the metrics of others in the registry, ms; then it is answered 500.
   * @default 10000
   */
  readonly scrapeTimeoutMs?: number | undefined
  /** How requests are timed. */
  readonly http?: HttpMetricsOptions | undefined
  /** Whether the process and the Node runtime are measured. @default true */
  readonly runtime?: boolean | undefined
  /** Events to count, as by `listen`. @default none */
  readonly events?: EventBus | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

export interface ResolvedMetricsOptions {
  readonly registry: MetricsRegistry | undefined
  readonly path: string
  readonly access: ScrapeAccess
  readonly scrapeTimeoutMs: number
  readonly http: ResolvedHttpOptions
  readonly runtime: boolean
  readonly events: EventBus | undefined
  readonly logger: Logger
  readonly clock: Clock
}

const rule = option.objectOf<MetricsOptions>(
  {
    registry: option.withMethods<MetricsRegistry>(
      'metrics',
      'registerMetric',
      'getSingleMetric',
      'getMetricsAsArray',
      'removeSingleMetric',
    ),
    path: endpointPathRule,
    access: scrapeAccessRule,
    scrapeTimeoutMs: option.integer({ min: 1, max: 600_000 }),
    http: httpMetricsRule,
    runtime: option.boolean(),
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { peers: metricsPeers },
)

export function resolveMetricsOptions(options: MetricsOptions): ResolvedMetricsOptions {
  const read = readOptions('metrics', options, rule)
  const path = read.path ?? '/metrics'
  return Object.freeze({
    registry: read.registry,
    path,
    access: read.access ?? 'loopback',
    scrapeTimeoutMs: read.scrapeTimeoutMs ?? 10_000,
    http: resolveHttpMetricsOptions(read.http),
    runtime: read.runtime ?? true,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}
