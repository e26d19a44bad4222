import { readdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { constants, monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { cpuLimitCores } from './cpu-limit.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'

/** Measures the process while it runs. */
export interface RuntimeMetrics {
  /** Brings the values up to date; to be called before they are read. */
  readonly collect: () => void
  readonly close: () => void
}

const gcKinds: ReadonlyMap<unknown, 'major' | 'minor' | 'incremental' | 'weakcb'> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

const gcBuckets = [0.001, 0.01, 0.1, 1, 2, 5]

function createProcessMetrics(metrics: MetricFactory): () => void {
  const cpu = metrics.counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    scope: 'process',
  })
  const resident = metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    scope: 'process',
  })
  const memoryLimit = metrics.gauge({
    name: 'process_memory_limit_bytes',
    help: 'The memory the process may use: its control group, or all there is.',
    aggregation: 'first',
  })
  const start = metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'When the process began, in seconds since the epoch.',
    aggregation: 'omit',
  })
  const memoryUtilization = metrics.gauge({
    name: 'process_memory_utilization_ratio',
    help: 'Resident memory as a part of what the process may use.',
    // The processes of a cluster share one control group.
    aggregation: 'sum',
    scope: 'process',
  })
  const cpuLimit = metrics.gauge({
    name: 'process_cpu_limit_cores',
    help: 'How many cores the process may use: the quota of its control group, or all there are.',
    aggregation: 'first',
  })
  const files = metrics.gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors; Linux only.',
    scope: 'process',
  })
  start.set(performance.timeOrigin / 1000)
  cpuLimit.set(cpuLimitCores())

  let countedSeconds = 0
  return () => {
    const { user, system } = process.cpuUsage()
    const seconds = (user + system) / 1e6
    cpu.inc(seconds - countedSeconds)
    countedSeconds = seconds
    const residentBytes = process.memoryUsage.rss()
    // Without a control group's limit Node answers 0, or a number above the machine's memory.
    const constrained = process.constrainedMemory()
    const limitBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
    resident.set(residentBytes)
    memoryLimit.set(limitBytes)
    memoryUtilization.set(residentBytes / limitBytes)
    // The one that lists them is open as well.
    if (process.platform === 'linux') files.set(readdirSync('/proc/self/fd').length - 1)
  }
}

function createHeapMetrics(metrics: MetricFactory): () => void {
  const total = metrics.gauge({ name: 'nodejs_heap_size_total_bytes', help: 'Size of the V8 heap.' })
  const used = metrics.gauge({ name: 'nodejs_heap_size_used_bytes', help: 'Used part of the V8 heap.' })
  const external = metrics.gauge({
    name: 'nodejs_external_memory_bytes',
    help: 'Memory outside the V8 heap that belongs to objects in it.',
  })
  return () => {
    const usage = process.memoryUsage()
    total.set(usage.heapTotal)
    used.set(usage.heapUsed)
    external.set(usage.external)
  }
}

function createEventLoopMetrics(metrics: MetricFactory): RuntimeMetrics {
  const lag = (name: string, what: string) =>
    metrics.gauge({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `${what} delay of the event loop since the last scrape.`,
      aggregation: name === 'mean' ? 'average' : 'max',
    })
  const mean = lag('mean', 'Mean')
  const median = lag('p50', 'Median')
  const p99 = lag('p99', '99th percentile of the')
  const max = lag('max', 'Longest')
  const utilization = metrics.gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'The part of the time since the last scrape in which the event loop worked.',
    aggregation: 'average',
  })
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  let before = performance.eventLoopUtilization()

  return {
    collect() {
      if (delays.count > 0) {
        mean.set(delays.mean / 1e9)
        median.set(delays.percentile(50) / 1e9)
        p99.set(delays.percentile(99) / 1e9)
        max.set(delays.max / 1e9)
        delays.reset()
      }
      const now = performance.eventLoopUtilization()
      utilization.set(performance.eventLoopUtilization(now, before).utilization)
      before = now
    },
    close() {
      delays.disable()
    },
  }
}

function kindOf(entry: object): unknown {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
}

function observeGarbageCollection(metrics: MetricFactory): () => void {
  const durations = metrics.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'How long garbage collections took.',
    labels: { kind: ['major', 'minor', 'incremental', 'weakcb'] },
    buckets: gcBuckets,
  })
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      durations.with({ kind: gcKinds.get(kindOf(entry)) ?? 'other' }).observe(entry.duration / 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    observer.disconnect()
  }
}

/**
 * Measures the process and the Node runtime, under the names that prom-client's default metrics have, so
 * that dashboards made for those go on working.
 */
export function createRuntimeMetrics(metrics: MetricFactory): RuntimeMetrics {
  const eventLoop = createEventLoopMetrics(metrics)
  const collectors = [createProcessMetrics(metrics), createHeapMetrics(metrics), eventLoop.collect]
  const stopGarbageCollection = observeGarbageCollection(metrics)
  return {
    collect() {
      for (const collect of collectors) collect()
    },
    close() {
      eventLoop.close()
      stopGarbageCollection()
    },
  }
}
