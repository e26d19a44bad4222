import {
  createGuardedFunction,
  dropRejection,
  endpointPathRule,
  type Middleware,
  observed,
  option,
  type Options,
  readOptions,
  runDetached,
} from '@alfred/core'
import { acceptedFormat } from '../exposition/accepted-format.ts'
import { aggregateReadings } from './aggregate-readings.ts'
import { createExposition, type Exposition } from '../exposition/exposer.ts'
import { contentTypes, writeReading } from '../exposition/exposition.ts'
import type { MetricReading } from '../instruments/exported-metric.ts'
import { createMetricsEndpoint } from '../exposition/metrics-endpoint.ts'
import type { Metrics } from '../metrics.ts'
import { scrapeAccessRule } from '../exposition/scrape-access.ts'
import { isMetricsMessage, type MetricsChannel, sendMessage } from './shared-metrics.ts'
import { createTextBuffer } from '../exposition/text-buffer.ts'

/** The metrics of several processes or threads as one. */
export interface MetricsAggregator {
  /** Answers scrapes on its path, to those who may; passes all other requests on. */
  readonly endpoint: Middleware
  /** Writes the metrics of all, in the format that an `Accept` field asks for. */
  readonly expose: (accept?: string) => Promise<Exposition>
}

const rule = option.object({
  /** The workers that there are now, as `() => Object.values(cluster.workers ?? {})`; asked at every scrape. */
  workers: option.syncFunction<() => Iterable<MetricsChannel | undefined>>(),
  /** Metrics of this process or thread, added to those of the workers. @default none */
  local: option.withMethods<Metrics>('read').optional(),
  /**
   * How long a worker may take to answer before a scrape goes on without it, ms; a scrape as a whole takes at most twice
   * as long. @default 2000
   */
  timeoutMs: option.integer({ min: 1, max: 60_000 }).default(2000),
  /** Where the endpoint answers. @default '/metrics' */
  path: endpointPathRule.default('/metrics'),
  /** Who may scrape. @default 'loopback' */
  access: scrapeAccessRule.default('loopback'),
  /** @default discards everything */
  logger: observed.logger,
  /** @default the machine's time */
  clock: observed.clock,
})

/** The options of {@link createMetricsAggregator}. */
export interface MetricsAggregatorOptions extends Options<typeof rule> {}

const firstBytes = 64 * 1024

/** A worker that has gone takes no listener off. */
const ignore = (): void => undefined

function readIterable(answer: unknown): Iterable<unknown> {
  if (typeof answer === 'object' && answer !== null && Symbol.iterator in answer)
    return answer as Iterable<unknown>
  throw new TypeError('metricsAggregator.workers must return a list of workers')
}

const isChannel = (value: unknown): value is MetricsChannel =>
  typeof value === 'object' && value !== null && 'on' in value && 'off' in value

/** How many workers a scrape speaks for: one that hangs must not go unnoticed. */
const workersReading = (answered: number, missing: number): MetricReading => ({
  name: 'alfred_metrics_workers',
  help: 'Workers by whether they answered this scrape.',
  type: 'gauge',
  aggregator: 'sum',
  values: [
    { labels: { state: 'answered' }, value: answered },
    { labels: { state: 'missing' }, value: missing },
  ],
})

/**
 * Builds what asks every worker for its metrics at a scrape and makes one exposition of them: counters and
 * histograms are summed, gauges combined as their definition says. Exemplars are left out. Each worker calls
 * `shareMetrics`.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 *
 * @example
 * ```ts
 * import cluster from 'node:cluster'
 * import { createMetricsAggregator } from '@alfred/metrics'
 *
 * const { endpoint } = createMetricsAggregator({ workers: () => Object.values(cluster.workers ?? {}) })
 * ```
 */
export function createMetricsAggregator(options: MetricsAggregatorOptions): MetricsAggregator {
  const { workers, local, timeoutMs, path, access, logger, clock } = readOptions(
    'metricsAggregator',
    options,
    rule,
  )
  let lastId = 0

  /** What one worker answers; `undefined` when it does not in time. */
  const ask = (worker: MetricsChannel): Promise<readonly MetricReading[] | undefined> =>
    new Promise((resolve) => {
      const id = ++lastId
      const settle = (readings: readonly MetricReading[] | undefined): void => {
        timer.cancel()
        resolve(readings)
        runDetached(() => worker.off('message', listen), ignore)
      }
      const listen = (message: unknown): void => {
        if (!isMetricsMessage(message) || message.id !== id) return
        if (message.alfredMetrics === 'readings') settle(message.readings)
      }
      const timer = clock.setTimeout(() => {
        settle(undefined)
      }, timeoutMs)
      try {
        dropRejection(worker.on('message', listen))
        sendMessage(worker, { alfredMetrics: 'read', id })
      } catch {
        // Its channel has closed: it is about to leave the list of workers.
        settle(undefined)
      }
    })

  const presentWorkers = createGuardedFunction<[], readonly MetricsChannel[]>({
    name: 'metricsAggregator.workers',
    call: workers,
    read: (answer) => Array.from(readIterable(answer)).filter(isChannel),
    fallback: [],
    consequence: 'the scrape goes on without workers',
    logger,
  })

  const expose = async (accept?: string): Promise<Exposition> => {
    const present = presentWorkers()
    const answers = await Promise.all(present.map(ask))
    const answered = answers.filter((answer) => answer !== undefined)
    const missing = answers.length - answered.length
    if (missing > 0) logger.warn({ answered: answered.length, missing }, 'workers did not answer a scrape')
    const own = local ? [await local.read()] : []
    const format = acceptedFormat(accept)
    const out = createTextBuffer(firstBytes)
    const readings = [...aggregateReadings([...own, ...answered]), workersReading(answered.length, missing)]
    for (const reading of readings) out.write(writeReading(reading, format))
    if (format === 'openmetrics') out.write('# EOF\n')
    return createExposition(contentTypes[format], out.finish())
  }

  return Object.freeze({
    expose,
    endpoint: createMetricsEndpoint({ path, access, logger, clock, timeoutMs: 2 * timeoutMs, expose }),
  })
}
