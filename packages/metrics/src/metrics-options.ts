import { endpointPathRule, observed, option, type Options, readOptions, type Resolved } from '@alfred/core'
import { httpMetricsRule } from './http/http-metrics-options.ts'
import type { MetricsRegistry } from './instruments/metrics-registry.ts'
import { scrapeAccessRule } from './exposition/scrape-access.ts'
import { metricsPeers } from './metrics-peers.ts'

const metricsRule = option.object(
  {
    /**
     * A registry of prom-client, or of `@prometheus-io/client`, to export through. It then decides the format
     * that scrapes get. @default a registry of its own
     */
    registry: option
      .withMethods<MetricsRegistry>(
        'metrics',
        'registerMetric',
        'getSingleMetric',
        'getMetricsAsArray',
        'removeSingleMetric',
      )
      .optional(),
    /** Where the endpoint answers. @default '/metrics' */
    path: endpointPathRule.default('/metrics'),
    /** Who may scrape. @default 'loopback' */
    access: scrapeAccessRule.default('loopback'),
    /**
     * How long a scrape may wait for the metrics of others in the registry, ms; then it is answered 500.
     * @default 10000
     */
    scrapeTimeoutMs: option.integer({ min: 1, max: 600_000 }).default(10_000),
    /** How requests are timed. */
    http: httpMetricsRule,
    /** Whether the process and the Node runtime are measured. @default true */
    runtime: option.boolean().default(true),
    /** Events to count, as by `listen`. @default none */
    events: observed.events,
    /** @default discards everything */
    logger: observed.logger,
    /** @default the machine's time */
    clock: observed.clock,
  },
  { peers: metricsPeers },
)

/** The options of {@link createMetrics}. */
export interface MetricsOptions extends Options<typeof metricsRule> {}

export const resolveMetricsOptions = (options: MetricsOptions): Resolved<typeof metricsRule> =>
  readOptions('metrics', options, metricsRule)
