import type { Aggregation, MetricKind, ResolvedDefinition, Scope } from './metric-definition.ts'
import type { RegisteredMetric } from './metrics-registry.ts'
import type { Series, SeriesSet } from './series-set.ts'
import type { Slots, StoredExemplar } from './slots.ts'

/** A metric of ours as it is read at a scrape. */
export interface ExportedMetric extends ResolvedDefinition {
  readonly slots: Slots
  readonly series: readonly Series[]
}

export const exportedMetric = (
  definition: ResolvedDefinition,
  { slots, series }: SeriesSet<unknown>,
): ExportedMetric => Object.freeze({ ...definition, slots, series })

/** One line of an exposition as prom-client's registries take it. */
export interface SampleValue {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>
    readonly value: number
    readonly timestamp: number
  }
}

/** A metric's values as prom-client's registries take them. */
export interface MetricReading {
  readonly name: string
  readonly help: string
  readonly type: MetricKind
  readonly aggregator: Aggregation
  /** Without it the values are a thread's own. */
  readonly scope?: Scope | undefined
  readonly values: readonly SampleValue[]
}

const readExemplar = ({ traceId, spanId, value, timestamp }: StoredExemplar) => ({
  labelSet: { trace_id: traceId, ...(spanId === undefined ? {} : { span_id: spanId }) },
  value,
  timestamp,
})

function* histogramValues({ name, buckets, slots, series }: ExportedMetric): Generator<SampleValue> {
  for (const { labels, offset } of series) {
    let count = 0
    for (const [index, bound] of [...buckets, '+Inf'].entries()) {
      count += slots.values[offset + index] ?? 0
      const exemplar = slots.exemplars.get(offset + index)
      yield {
        metricName: `${name}_bucket`,
        labels: { le: bound, ...labels },
        value: count,
        ...(exemplar === undefined ? {} : { exemplar: readExemplar(exemplar) }),
      }
    }
    const sum = slots.values[offset + buckets.length + 1] ?? 0
    yield { metricName: `${name}_sum`, labels, value: sum }
    yield { metricName: `${name}_count`, labels, value: count }
  }
}

function readValues(metric: ExportedMetric): readonly SampleValue[] {
  if (metric.kind === 'histogram') return [...histogramValues(metric)]
  return metric.series.map(({ labels, offset }) => ({ labels, value: metric.slots.values[offset] ?? 0 }))
}

const totalSuffix = /_total$/

/**
 * Wraps a metric so that any registry of prom-client's shape exports it, the registries' aggregation in a
 * cluster included.
 *
 * @param beforeRead - brings values that are taken at the scrape up to date
 * @param isOpenMetrics - whether the registry writes OpenMetrics now
 */
export function toRegisteredMetric(
  metric: ExportedMetric,
  beforeRead: () => void,
  isOpenMetrics: () => boolean,
): RegisteredMetric {
  const read = (name: string): Promise<MetricReading> => {
    beforeRead()
    const { help, kind, aggregation, scope } = metric
    const values = readValues(metric)
    return Promise.resolve({ name, help, type: kind, aggregator: aggregation, scope, values })
  }
  const registered = {
    help: metric.help,
    type: metric.kind,
    aggregator: metric.aggregation,
    get name() {
      return metric.name
    },
    // prom-client renames every counter for good when it writes OpenMetrics once; later classic text would
    // then lack the `_total`. This name stays.
    set name(_renamed: string) {
      return
    },
    get: () => read(metric.name),
    getForPromString: () => read(isOpenMetrics() ? metric.name.replace(totalSuffix, '') : metric.name),
    reset() {
      metric.slots.values.fill(0)
      metric.slots.exemplars.clear()
    },
  }
  return registered
}
