import {
  createGuardedFunction,
  dropRejection,
  endpointPathRule,
  type Lifecycle,
  lifecycle,
  type Middleware,
  observed,
  option,
  type Options,
  readOptions,
  repeat,
  runDetached,
} from '@alfred/core'
import { acceptedFormat } from '../exposition/accepted-format.ts'
import { aggregateReadings, type SourceReadings } from './aggregate-readings.ts'
import { createExposition, type Exposition } from '../exposition/exposer.ts'
import { contentTypes, writeReading } from '../exposition/exposition.ts'
import type { MetricReading } from '../instruments/exported-metric.ts'
import { createMetricsEndpoint } from '../exposition/metrics-endpoint.ts'
import type { Metrics } from '../metrics.ts'
import { scrapeAccessRule } from '../exposition/scrape-access.ts'
import { isMetricsMessage, type MetricsChannel, sendMessage } from './shared-metrics.ts'
import { createTextBuffer } from '../exposition/text-buffer.ts'
import { createWorkerLedger } from './worker-ledger.ts'

/** The metrics of several processes or threads as one. */
export interface MetricsAggregator extends Lifecycle {
  /** Answers scrapes on its path, to those who may; passes all other requests on. */
  readonly endpoint: Middleware
  /** Writes the metrics of all, in the format that an `Accept` field asks for. */
  readonly expose: (accept?: string) => Promise<Exposition>
}

const rule = option.object({
  /** The workers that there are now, as `() => Object.values(cluster.workers ?? {})`; asked every second and at scrapes. */
  workers: option.syncFunction<() => Iterable<MetricsChannel | undefined>>(),
  /** Metrics of this process or thread, added to those of the workers. @default none */
  local: option.withMethods<Metrics>('read').optional(),
  /**
   * How long a worker may take to answer before a scrape goes on with what it last sent, ms; a scrape as a whole takes at most twice
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

/** How soon a worker that has begun or ended is noticed between scrapes. */
const followIntervalMs = 1000

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
 * histograms are summed, gauges combined as their definition says. A worker that is late counts as it last did, and what
 * an ended one has counted stays, so that no sum falls. Exemplars are left out. Each worker calls `shareMetrics`.
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
  let followed: readonly MetricsChannel[] = []
  const ledger = createWorkerLedger<MetricsChannel>(process.pid)
  const listeners = new Map<MetricsChannel, (message: unknown) => void>()

  /** Notes whatever a worker sends, until it is gone. */
  const follow = (worker: MetricsChannel): void => {
    const note = (message: unknown): void => {
      if (isMetricsMessage(message) && message.alfredMetrics === 'readings') ledger.note(worker, message)
    }
    listeners.set(worker, note)
    runDetached(() => worker.on('message', note), ignore)
  }

  const followWorkers = (): readonly MetricsChannel[] => {
    const answer = presentWorkers()
    if (answer === undefined) return followed
    const workers = (followed = answer)
    const present = new Set(workers)
    for (const worker of workers) if (!listeners.has(worker)) follow(worker)
    for (const [worker, note] of listeners) {
      if (present.has(worker)) continue
      listeners.delete(worker)
      runDetached(() => worker.off('message', note), ignore)
    }
    ledger.keep(present)
    return workers
  }

  /** Whether a worker answers in time. */
  const ask = (worker: MetricsChannel): Promise<boolean> =>
    new Promise((resolve) => {
      const id = ++lastId
      const settle = (isAnswered: boolean): void => {
        timer.cancel()
        resolve(isAnswered)
        runDetached(() => worker.off('message', listen), ignore)
      }
      const listen = (message: unknown): void => {
        if (!isMetricsMessage(message) || message.id !== id) return
        if (message.alfredMetrics === 'readings') settle(true)
      }
      const timer = clock.setTimeout(() => {
        settle(false)
      }, timeoutMs)
      try {
        dropRejection(worker.on('message', listen))
        sendMessage(worker, { alfredMetrics: 'read', id }).catch(() => {
          settle(false)
        })
      } catch {
        // Its channel has closed: it is about to leave the list of workers.
        settle(false)
      }
    })

  const presentWorkers = createGuardedFunction<[], readonly MetricsChannel[] | undefined>({
    name: 'metricsAggregator.workers',
    call: workers,
    read: (answer) => Array.from(readIterable(answer)).filter(isChannel),
    fallback: undefined,
    consequence: 'the workers of the last answer stay',
    logger,
  })

  const expose = async (accept?: string): Promise<Exposition> => {
    const answers = await Promise.all(followWorkers().map(ask))
    const answered = answers.filter((isAnswered) => isAnswered).length
    const missing = answers.length - answered
    if (missing > 0) logger.warn({ answered, missing }, 'workers did not answer a scrape')
    // Some may have ended while others answered.
    followWorkers()
    const own: readonly SourceReadings[] = local
      ? [{ processId: process.pid, readings: await local.read() }]
      : []
    const format = acceptedFormat(accept)
    const out = createTextBuffer(firstBytes)
    const readings = [...aggregateReadings([...own, ...ledger.sources()]), workersReading(answered, missing)]
    for (const reading of readings) out.write(writeReading(reading, format))
    if (format === 'openmetrics') out.write('# EOF\n')
    return createExposition(contentTypes[format], out.finish())
  }

  const following = repeat(clock, followIntervalMs, followWorkers)
  return Object.freeze({
    ...lifecycle(() => {
      following.cancel()
      for (const [worker, note] of listeners) runDetached(() => worker.off('message', note), ignore)
      listeners.clear()
    }),
    expose,
    endpoint: createMetricsEndpoint({ path, access, logger, clock, timeoutMs: 2 * timeoutMs, expose }),
  })
}
