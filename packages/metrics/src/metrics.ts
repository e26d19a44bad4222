import { type EventBus, type Lifecycle, lifecycle, type Middleware } from '@alfred/core'
import { Registry } from 'prom-client'
import { acceptedFormat } from './accepted-format.ts'
import { listenToEvents } from './event-metrics.ts'
import { contentTypes, writeMetric, writeReading } from './exposition.ts'
import { createHttpMetrics } from './http-metrics.ts'
import { createMetricCatalog, type MetricCatalog, type MetricFactory } from './metric-catalog.ts'
import type { ResolvedDefinition } from './metric-definition.ts'
import { createMetricsEndpoint, type Exposition } from './metrics-endpoint.ts'
import { type MetricsOptions, resolveMetricsOptions } from './metrics-options.ts'
import type { MetricsRegistry, RegisteredMetric } from './metrics-registry.ts'
import { createRuntimeMetrics } from './runtime-metrics.ts'

/** Metrics of a server and of the application in it. */
export interface Metrics extends MetricFactory, Lifecycle {
  /** Times requests. Belongs in front of everything else, once. */
  readonly middleware: Middleware
  /** Answers scrapes on its path, to those who may; passes all other requests on. */
  readonly endpoint: Middleware
  /** Where the endpoint answers. */
  readonly path: string
  /** What the metrics are exported through. */
  readonly registry: MetricsRegistry
  /** Counts the layers' events from now on. @returns what ends it */
  listen(events: EventBus): () => void
  /** Calls `collect` before every scrape, to set values that are read at that moment. @returns what ends it */
  onScrape(collect: () => void): () => void
  /** What has been defined so far: for documents, rules and dashboards that are made from it. */
  definitions(): readonly ResolvedDefinition[]
  /** Writes all metrics, in the format that an `Accept` field asks for: classic text unless it says more. */
  expose(accept?: string): Promise<Exposition>
}

/** What is to be done before metrics are read. */
interface ScrapeHooks {
  /** Calls all of them, at most once per turn however many metrics are read in it. */
  readonly run: () => void
  readonly add: (hook: () => void) => () => void
}

function createScrapeHooks(): ScrapeHooks {
  const hooks = new Set<() => void>()
  let fresh = false
  return {
    run() {
      if (fresh) return
      fresh = true
      queueMicrotask(() => {
        fresh = false
      })
      for (const hook of hooks) hook()
    },
    add(hook) {
      hooks.add(hook)
      return () => {
        hooks.delete(hook)
      }
    },
  }
}

const isReadable = (registered: object): registered is RegisteredMetric =>
  'get' in registered && typeof registered.get === 'function'

/** Writes what a registry of our own holds: our metrics from their slots, others by what they answer. */
async function exposeOwn(
  registry: MetricsRegistry,
  catalog: MetricCatalog,
  accept: string | undefined,
): Promise<Exposition> {
  const format = acceptedFormat(accept)
  const blocks = registry.getMetricsAsArray().map((registered) => {
    const metric = catalog.exported(registered)
    if (metric !== undefined) return Promise.resolve(writeMetric(metric, format))
    return isReadable(registered)
      ? Promise.resolve(registered.get()).then((reading) => writeReading(reading, format))
      : Promise.resolve('')
  })
  const body = (await Promise.all(blocks)).join('')
  return { contentType: contentTypes[format], body: format === 'openmetrics' ? `${body}# EOF\n` : body }
}

/**
 * Builds the metrics of a server.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 * @throws `ALFRED_METRICS_DEFINITION_CLASH` when a given registry holds a metric of the same name
 *
 * @example
 * ```ts
 * import { createMetrics } from '@alfred/metrics'
 *
 * const metrics = createMetrics({ access: { token: 'a-long-random-token' } })
 * const calls = metrics.counter({
 *   name: 'provider_calls_total',
 *   help: 'Calls of AI providers.',
 *   labels: { provider: ['openai', 'anthropic'] },
 * })
 * const openAiCalls = calls.with({ provider: 'openai' })
 * openAiCalls.inc()
 * ```
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const {
    registry: given,
    path,
    access,
    http,
    runtime,
    events,
    logger,
    clock,
  } = resolveMetricsOptions(options)
  const registry: MetricsRegistry = given ?? new Registry()
  const hooks = createScrapeHooks()
  const catalog = createMetricCatalog(registry, logger, hooks.run)
  const subscriptions = new Set<() => void>()

  const expose = async (accept?: string): Promise<Exposition> => {
    if (given) return { contentType: given.contentType, body: await given.metrics() }
    hooks.run()
    return exposeOwn(registry, catalog, accept)
  }

  const listen = (bus: EventBus): (() => void) => {
    const unsubscribe = listenToEvents(catalog, bus)
    subscriptions.add(unsubscribe)
    return () => {
      subscriptions.delete(unsubscribe)
      unsubscribe()
    }
  }

  const middleware = createHttpMetrics(catalog, clock, http)
  const runtimeMetrics = runtime ? createRuntimeMetrics(catalog) : undefined
  if (runtimeMetrics) hooks.add(runtimeMetrics.collect)
  if (events) listen(events)

  return Object.freeze({
    ...lifecycle(() => {
      for (const unsubscribe of subscriptions) unsubscribe()
      runtimeMetrics?.close()
      catalog.clear()
    }),
    counter: catalog.counter,
    gauge: catalog.gauge,
    histogram: catalog.histogram,
    middleware,
    path,
    endpoint: createMetricsEndpoint(path, access, logger, expose),
    registry,
    listen,
    onScrape: hooks.add,
    definitions: catalog.definitions,
    expose,
  })
}
