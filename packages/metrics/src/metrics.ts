import type { RequestListener } from 'node:http'
import {
  type EventBus,
  isThenable,
  type Lifecycle,
  lifecycle,
  type Logger,
  type Middleware,
  sendProblem,
} from '@alfred/core'
import { Registry } from 'prom-client'
import { acceptedFormat } from './exposition/accepted-format.ts'
import { listenToEvents } from './events/event-metrics.ts'
import { createExposer, createExposition, type Exposition, readRegistry } from './exposition/exposer.ts'
import type { MetricReading } from './instruments/exported-metric.ts'
import { createHttpMetrics } from './http/http-metrics.ts'
import { createMetricCatalog, type MetricFactory } from './instruments/metric-catalog.ts'
import type { ResolvedDefinition } from './instruments/metric-definition.ts'
import { createMetricsEndpoint } from './exposition/metrics-endpoint.ts'
import { type MetricsOptions, resolveMetricsOptions } from './metrics-options.ts'
import type { MetricsRegistry } from './instruments/metrics-registry.ts'
import { createSafeRegistry } from './instruments/safe-registry.ts'
import { createRuntimeMetrics } from './runtime/runtime-metrics.ts'

/** Metrics of a server and of the application in it. */
export interface Metrics extends MetricFactory, Lifecycle {
  /** Times requests. Belongs in front of everything else, once. */
  readonly middleware: Middleware
  /** Answers scrapes on its path, to those who may; passes all other requests on. */
  readonly endpoint: Middleware
  /** Answers scrapes and nothing else: for a server of its own on a port that only operators reach. */
  readonly handler: RequestListener
  /** Where the endpoint answers. */
  readonly path: string
  /** What the metrics are exported through. */
  readonly registry: MetricsRegistry
  /** Counts the layers' events from now on. @returns what ends it */
  listen(events: EventBus): () => void
  /**
   * Calls `collect` before every scrape, to set values that are read at that moment. What it throws fails the
   * scrape with 500; a promise is not waited for, and its rejection is logged. @returns what ends it
   */
  onScrape(collect: () => void): () => void
  /** What has been defined so far: for documents, rules and dashboards that are made from it. */
  definitions(): readonly ResolvedDefinition[]
  /** What all metrics read now, without exemplars: for an aggregator in another process or thread. */
  read(): Promise<readonly MetricReading[]>
  /** Writes all metrics, in the format that an `Accept` field asks for: classic text unless it says more. */
  expose(accept?: string): Promise<Exposition>
}

/** What is to be done before metrics are read. */
interface ScrapeHooks {
  /** Calls all of them, at most once per turn however many metrics are read in it. */
  readonly run: () => void
  readonly add: (hook: () => unknown) => () => void
}

function createScrapeHooks(logger: Logger): ScrapeHooks {
  const failed = (error: unknown): void => {
    logger.error({ err: error }, 'a scrape hook rejected; its metrics keep their values')
  }
  const hooks = new Set<() => unknown>()
  let fresh = false
  return {
    run() {
      if (fresh) return
      fresh = true
      queueMicrotask(() => {
        fresh = false
      })
      for (const hook of hooks) {
        const result = hook()
        if (isThenable(result)) Promise.resolve(result).catch(failed)
      }
    },
    add(hook) {
      hooks.add(hook)
      return () => {
        hooks.delete(hook)
      }
    },
  }
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
    registry: ownRegistry,
    path,
    access,
    scrapeTimeoutMs,
    http,
    runtime,
    events,
    logger,
    clock,
  } = resolveMetricsOptions(options)
  const registry: MetricsRegistry = ownRegistry ? createSafeRegistry(ownRegistry) : new Registry()
  const hooks = createScrapeHooks(logger)
  const catalog = createMetricCatalog(registry, { logger, clock }, hooks.run)
  const exposeOwn = createExposer(registry, catalog)
  const subscriptions = new Set<() => void>()

  const expose = async (accept?: string): Promise<Exposition> => {
    if (ownRegistry)
      return createExposition(ownRegistry.contentType, Buffer.from(await ownRegistry.metrics()))
    hooks.run()
    return exposeOwn(acceptedFormat(accept))
  }

  const listen = (bus: EventBus): (() => void) => {
    const unsubscribe = listenToEvents(catalog, bus)
    subscriptions.add(unsubscribe)
    return () => {
      subscriptions.delete(unsubscribe)
      unsubscribe()
    }
  }

  const httpMetrics = createHttpMetrics(catalog, clock, http, logger, path)
  hooks.add(httpMetrics.collect)
  const runtimeMetrics = runtime ? createRuntimeMetrics(catalog) : undefined
  if (runtimeMetrics) hooks.add(runtimeMetrics.collect)
  if (events) listen(events)

  const endpoint = createMetricsEndpoint({ path, access, logger, clock, timeoutMs: scrapeTimeoutMs, expose })

  return Object.freeze<Metrics>({
    ...lifecycle(() => {
      for (const unsubscribe of subscriptions) unsubscribe()
      runtimeMetrics?.close()
      catalog.clear()
    }),
    counter: catalog.counter,
    gauge: catalog.gauge,
    histogram: catalog.histogram,
    middleware: httpMetrics.middleware,
    path,
    endpoint,
    handler(request, response) {
      endpoint(request, response, () => {
        sendProblem(request, response, { type: 'about:blank', status: 404, title: 'Not Found' })
      })
    },
    registry: ownRegistry ?? registry,
    listen,
    onScrape: hooks.add,
    definitions: catalog.definitions,
    read: () => readRegistry(registry),
    expose,
  })
}
