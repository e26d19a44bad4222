import { EventEmitter } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { createAlertDispatcher, createErrorTracker } from '@alfred/alerting'
import { chatMessage, validate } from '@alfred/input-validation'
import {
  createMetrics,
  createMetricsAggregator,
  createOperationsMetrics,
  type MetricsChannel,
  type MetricsOptions,
  shareMetrics,
} from '@alfred/metrics'
import { createTracing } from '@alfred/tracing'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { type AnyFunction, type Row } from './row.ts'
import { statusesOf } from './serve.ts'

const scrape = async (options: MetricsOptions): Promise<number | undefined> => {
  const metrics = createMetrics({ runtime: false, scrapeTimeoutMs: 30, ...options })
  const [status] = await statusesOf(metrics.endpoint, [['/metrics']])
  await metrics.close()
  return status
}

const isAsyncRefusal = (error: unknown): boolean => error instanceof Error && error.message.includes('async')

/** Whether a scrape ends, with metrics or a problem. */
const ends = async (use: (metrics: ReturnType<typeof createMetrics>) => void): Promise<boolean> => {
  const metrics = createMetrics({ runtime: false, scrapeTimeoutMs: 30 })
  use(metrics)
  const [status] = await statusesOf(metrics.endpoint, [['/metrics']])
  await metrics.close()
  return status === 200 || status === 500
}

/** A registry of the application, one of whose methods does what the fault says. */
const registryWith = async (part: Record<string, AnyFunction>): Promise<boolean> => {
  const registry = {
    contentType: 'text/plain',
    metrics: () => Promise.resolve(''),
    registerMetric: () => undefined,
    getSingleMetric: () => undefined,
    getMetricsAsArray: () => [],
    removeSingleMetric: () => undefined,
    ...part,
  }
  try {
    const status = await scrape({ registry })
    return status === 200 || status === 500
  } catch {
    // Metrics are registered when they are defined, where the caller sees the failure.
    return true
  }
}

const aggregate = async (channel: Partial<Record<keyof MetricsChannel, unknown>>): Promise<boolean> => {
  const worker = { on: () => undefined, off: () => undefined, send: () => undefined, ...channel }
  const aggregator = createMetricsAggregator({ workers: () => [worker as MetricsChannel], timeoutMs: 20 })
  const [status] = await statusesOf(aggregator.endpoint, [['/metrics']])
  const metrics = createMetrics({ runtime: false })
  const emitter = new EventEmitter()
  try {
    const stop = shareMetrics(metrics, {
      on: (name, listener) => emitter.on(name, listener),
      off: (name, listener) => emitter.off(name, listener),
      ...channel,
    } as MetricsChannel)
    emitter.emit('message', { alfredMetrics: 'read', id: 1 })
    void stop()
  } catch {
    // `on` is called in the caller's own turn.
  }
  await aggregator.close()
  await metrics.close()
  return status === 200
}

const delivers = async (deliver: AnyFunction): Promise<boolean> => {
  const shared = { sinks: [{ name: 'sink', deliver }], timeoutMs: 20, closeTimeoutMs: 60 }
  const tracker = createErrorTracker(shared)
  const dispatcher = createAlertDispatcher(shared)
  tracker.capture(new Error('failed'))
  dispatcher.raise({ name: 'Failed', severity: 'critical', summary: 'It failed.' })
  await Promise.all([tracker.close(), dispatcher.close()])
  return true
}

const scored = async (part: Record<string, AnyFunction>): Promise<boolean> => {
  const scorer = { score: () => Promise.reject(new Error('away')), deadlineMs: 20, ...part }
  const checked = validate({ query: z.object({ q: chatMessage({ promptScorer: scorer }) }) })
  const [status] = await statusesOf(checked, [['/?q=hello']])
  // What the scorer does afterwards must end nothing either.
  await pause(40)
  return status === 200
}

const failure = new Error('the work failed')
const throws = (): never => {
  throw failure
}
const tracing = (recordException?: AnyFunction) => createTracing({ recordException })

/** What a traced function does is the caller's to see; the span around it adds no failure. */
const passesOn: Row = {
  callerWaits: true,
  holds: (work) =>
    Promise.resolve()
      .then(() => tracing().withSpan('work', {}, work as () => unknown))
      .then(
        () => true,
        () => true,
      ),
}
const passesOnStream: Row = {
  callerWaits: true,
  holds: async (open) => {
    try {
      for await (const _chunk of tracing().traceStream('work', {}, open)) break
    } catch {
      // As above.
    }
    return true
  },
}

/** The functions of metrics, traces, alerts and detectors. */
export const telemetryRows: Readonly<Record<string, Row>> = {
  'MetricsOptions.access': {
    open: true,
    holds: (access) => scrape({ access }).then((status) => status === 403, isAsyncRefusal),
  },
  'MetricsAggregatorOptions.access': {
    open: true,
    holds: async (access) => {
      const aggregator = createMetricsAggregator({ workers: () => [], access })
      return (await statusesOf(aggregator.endpoint, [['/metrics']])).join() === '403'
    },
  },
  'MetricsAggregatorOptions.workers': {
    open: [],
    wrong: [undefined, null, 5, true, {}, [5], ['worker'], [{}]],
    holds: async (workers) => {
      const aggregator = createMetricsAggregator({ workers, timeoutMs: 20 })
      return (await statusesOf(aggregator.endpoint, [['/metrics']])).join() === '200'
    },
  },
  'MetricsChannel.on': { holds: (on) => aggregate({ on }) },
  'MetricsChannel.off': { holds: (off) => aggregate({ off }) },
  'MetricsChannel.send': { holds: (send) => aggregate({ send }) },
  'MetricsChannel.postMessage': { holds: (postMessage) => aggregate({ send: undefined, postMessage }) },
  'MetricsRegistry.metrics': {
    wrong: [undefined, null, 5, {}],
    holds: (metrics) => registryWith({ metrics }),
  },
  'MetricsRegistry.registerMetric': { holds: (registerMetric) => registryWith({ registerMetric }) },
  'MetricsRegistry.getSingleMetric': { holds: (getSingleMetric) => registryWith({ getSingleMetric }) },
  'MetricsRegistry.getMetricsAsArray': { holds: (getMetricsAsArray) => registryWith({ getMetricsAsArray }) },
  'MetricsRegistry.removeSingleMetric': {
    holds: (removeSingleMetric) => registryWith({ removeSingleMetric }),
  },
  'Metrics.onScrape(collect)': {
    holds: (collect) =>
      ends((metrics) => {
        metrics.onScrape(collect)
      }),
  },
  'OperationsMetrics.watchDatabasePool(read)': {
    holds: (read) =>
      ends((metrics) => {
        createOperationsMetrics(metrics).watchDatabasePool(read)
      }),
  },
  'OperationsMetrics.watchKeys(read)': {
    holds: (read) =>
      ends((metrics) => {
        createOperationsMetrics(metrics).watchKeys(read)
      }),
  },
  'OperationsMetrics.watchReadiness(isReady)': {
    holds: (isReady) =>
      ends((metrics) => {
        createOperationsMetrics(metrics).watchReadiness(isReady)
      }),
  },
  'Sink.deliver': { holds: delivers },
  'ErrorTrackerOptions.fingerprint': {
    open: 'one',
    holds: async (fingerprint) => {
      const seen: unknown[] = []
      const tracker = createErrorTracker({
        fingerprint,
        sinks: [{ name: 'sink', deliver: (report) => Promise.resolve(void seen.push(report.fingerprint)) }],
      })
      tracker.capture(new Error('failed'))
      await tracker.close()
      // Of ours, and reported all the same.
      return seen.length === 1 && seen[0] !== 'one'
    },
  },
  'ErrorTrackerOptions.describeRequest': {
    open: { tags: { plan: 'pro' } },
    holds: async (describeRequest) => {
      const seen: unknown[] = []
      const tracker = createErrorTracker({
        describeRequest,
        sinks: [{ name: 'sink', deliver: (report) => Promise.resolve(void seen.push(report.tags)) }],
      })
      tracker.capture(new Error('failed'), { request: new IncomingMessage(new Socket()) })
      await tracker.close()
      // Without them, and reported all the same.
      return JSON.stringify(seen) === '[{}]'
    },
  },
  'PromptScorer.score': {
    wrong: [undefined, null, '1', NaN, 2, -1, {}],
    holds: (score) => scored({ score }),
  },
  'PromptScorer.onError': { holds: (onError) => scored({ onError }) },
  'TracingOptions.recordException': {
    holds: (recordException) => {
      try {
        tracing(recordException).withSpan('work', {}, throws)
        return false
      } catch (error) {
        // The failure of the work itself, not of its recorder.
        return error === failure
      }
    },
  },
  'Tracing.withSpan(work)': passesOn,
  'Tracing.traceAIRequest(work)': passesOn,
  'Tracing.traceDatabaseQuery(work)': passesOn,
  'Tracing.traceTemplateGeneration(work)': passesOn,
  'Tracing.traceStream(open)': passesOnStream,
  'Tracing.traceAIStream(open)': passesOnStream,
}
