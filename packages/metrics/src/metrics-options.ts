import {
  type Clock,
  clockRule,
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type PathMatch,
  readOptions,
  systemClock,
} from '@alfred/core'
import { bucketsRule } from './metric-definition.ts'
import type { MetricsRegistry } from './metrics-registry.ts'
import { type ScrapeAccess, scrapeAccessRule } from './scrape-access.ts'
import { metricsPeers } from './peer-options.ts'

/** How requests are timed. */
export interface HttpMetricsOptions {
  /** Upper bounds of the duration histogram, in seconds. @default 5 ms to 60 s, 2 s among them */
  readonly buckets?: readonly number[] | undefined
  /**
   * Requests that are not timed; scrapes never are.
   * @default ['/livez', '/readyz', '/startupz', '/healthz']
   */
  readonly ignore?: PathMatch | undefined
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  readonly mounts?: readonly string[] | undefined
  /** How many route templates are kept apart; the rest counts as `other`. @default 200 */
  readonly maxRoutes?: number | undefined
  /** Whether the sizes of requests and responses are measured. @default false */
  readonly sizes?: boolean | undefined
}

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

export interface ResolvedHttpOptions {
  readonly buckets: readonly number[]
  readonly ignore: PathMatch
  readonly mounts: readonly string[]
  readonly maxRoutes: number
  readonly sizes: boolean
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

/** OpenTelemetry's advice for this histogram, thinned, with the target of 2 s and long streams. */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60]

const pathRule = option.string({ pattern: /^\/[^?#\s]*$/, hint: 'a path that begins with /' })

const rule = option.object<MetricsOptions>(
  {
    registry: option.withMethods<MetricsRegistry>(
      'metrics',
      'registerMetric',
      'getSingleMetric',
      'getMetricsAsArray',
      'removeSingleMetric',
    ),
    path: pathRule,
    access: scrapeAccessRule,
    scrapeTimeoutMs: option.integer({ min: 1, max: 600_000 }),
    http: option.object<HttpMetricsOptions>({
      buckets: bucketsRule,
      ignore: exemptPathsRule,
      mounts: option.list(
        option.string({ pattern: /^\/[^*?{}()+\s]+$/, hint: 'a path, with :name for parameters' }),
      ),
      maxRoutes: option.integer({ min: 1, max: 1000 }),
      sizes: option.boolean(),
    }),
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
    http: Object.freeze({
      buckets: read.http?.buckets ?? httpBuckets,
      ignore: read.http?.ignore ?? ['/livez', '/readyz', '/startupz', '/healthz'],
      mounts: read.http?.mounts ?? [],
      maxRoutes: read.http?.maxRoutes ?? 200,
      sizes: read.http?.sizes ?? false,
    }),
    runtime: read.runtime ?? true,
    events: read.events,
    logger: read.logger ?? noopLogger,
    clock: read.clock ?? systemClock,
  })
}
