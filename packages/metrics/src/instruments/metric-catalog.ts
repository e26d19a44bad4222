import { AlfredError, type Clock, type Logger } from '@alfred/core'
import { type ExportedMetric, exportedMetric, toRegisteredMetric } from './exported-metric.ts'
import {
  type Counter,
  createCounter,
  createGauge,
  createHistogram,
  type Gauge,
  type Histogram,
  histogramStride,
  type MetricFamily,
} from './instruments.ts'
import type { LabelDeclarations } from './label-declaration.ts'
import {
  type CounterDefinition,
  definitionSignature,
  type GaugeDefinition,
  type HistogramDefinition,
  type Labelled,
  type MetricKind,
  type ResolvedDefinition,
  resolveDefinition,
  takenNames,
  type Unlabelled,
} from './metric-definition.ts'
import type { MetricsRegistry } from './metrics-registry.ts'
import { createSeriesSet, type Incidents } from './series-set.ts'
import type { Slots } from './slots.ts'

/**
 * Makes metrics. The same definition answers the same metric; another definition under a taken name
 * throws `ALFRED_METRICS_DEFINITION_CLASH`, and a malformed one `ALFRED_CONFIG_INVALID`.
 */
export interface MetricFactory {
  /** Makes a counter; with labels, a family of counters. */
  readonly counter: {
    (definition: CounterDefinition & Unlabelled): Counter
    <const L extends LabelDeclarations>(definition: CounterDefinition & Labelled<L>): MetricFamily<L, Counter>
  }

  /** Makes a gauge; with labels, a family of gauges. */
  readonly gauge: {
    (definition: GaugeDefinition & Unlabelled): Gauge
    <const L extends LabelDeclarations>(definition: GaugeDefinition & Labelled<L>): MetricFamily<L, Gauge>
  }

  /** Makes a histogram; with labels, a family of histograms. */
  readonly histogram: {
    (definition: HistogramDefinition & Unlabelled): Histogram
    <const L extends LabelDeclarations>(
      definition: HistogramDefinition & Labelled<L>,
    ): MetricFamily<L, Histogram>
  }
}

/** All metrics of one registry. */
export interface MetricCatalog extends MetricFactory {
  /** Our metric behind an entry of the registry; `undefined` for one that others put there. */
  exported(registered: object): ExportedMetric | undefined
  /** What has been defined so far, in that order. */
  readonly definitions: () => readonly ResolvedDefinition[]
  /** Takes every metric of ours out of the registry. */
  clear(): void
}

type CreateHandle<H> = (slots: Slots, offset: number, incidents: Incidents, buckets: readonly number[]) => H
type Instrument<H> = H | MetricFamily<LabelDeclarations, H>

const silent: Incidents = { overflow: () => undefined, rejected: () => undefined }

/** A definition that names labels makes a family, whose series come with their first use, also when it names none. */
const isLabelled = (definition: unknown): boolean =>
  typeof definition === 'object' &&
  definition !== null &&
  'labels' in definition &&
  definition.labels !== undefined

/** How many metrics of ours, and labels of theirs, the two incident counters can name. */
const maxNames = 1000

/**
 * Builds the metrics of a registry.
 *
 * @param beforeRead - runs before the registry reads a metric
 */
export function createMetricCatalog(
  registry: MetricsRegistry,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
  beforeRead: () => void,
): MetricCatalog {
  const taken = new Map<string, string>()
  const exported = new Map<object, ExportedMetric>()
  const isOpenMetrics = (): boolean => registry.contentType.startsWith('application/openmetrics-text')

  const claim = (definition: ResolvedDefinition): void => {
    for (const name of takenNames(definition)) {
      const owner = taken.get(name) ?? (registry.getSingleMetric(name) === undefined ? undefined : name)
      if (owner === undefined) continue
      throw new AlfredError(
        'ALFRED_METRICS_DEFINITION_CLASH',
        owner === definition.name
          ? `The metric ${owner} exists with another definition.`
          : `The metric ${definition.name} would share a name with the metric ${owner}.`,
        { metric: definition.name, existingMetric: owner },
      )
    }
    for (const name of takenNames(definition)) taken.set(name, definition.name)
  }

  function createKind<H>(
    kind: MetricKind,
    createHandle: CreateHandle<H>,
    incidentsOf: (definition: ResolvedDefinition) => Incidents,
  ): (definition: unknown) => Instrument<H> {
    const known = new Map<string, { readonly signature: string; readonly instrument: Instrument<H> }>()
    return (raw) => {
      const definition = resolveDefinition(kind, raw)
      const signature = definitionSignature(definition)
      const same = known.get(definition.name)
      if (same?.signature === signature) return same.instrument
      claim(definition)
      const { name, labels, buckets } = definition
      const incidents = incidentsOf(definition)
      const stride = kind === 'histogram' ? histogramStride(buckets) : 1
      const set = createSeriesSet(labels, stride, incidents, (slots, offset) =>
        createHandle(slots, offset, incidents, buckets),
      )
      const metric = exportedMetric(definition, set)
      const registered = toRegisteredMetric(metric, beforeRead, isOpenMetrics)
      registry.registerMetric(registered)
      exported.set(registered, metric)
      const instrument: Instrument<H> = isLabelled(raw) ? Object.freeze({ with: set.bind }) : set.bind({})
      known.set(name, { signature, instrument })
      return instrument
    }
  }

  const ownCounter = createKind('counter', createCounter, () => silent) as MetricFactory['counter']
  const overflows = ownCounter({
    name: 'alfred_metrics_label_overflow_total',
    help: 'Label values that were counted as other.',
    labels: { metric: { max: maxNames }, label: { max: maxNames } },
  })
  const rejections = ownCounter({
    name: 'alfred_metrics_rejected_values_total',
    help: 'Values that a metric could not take, such as NaN.',
    labels: { metric: { max: maxNames } },
  })

  const incidentsOf = ({ name, labels }: ResolvedDefinition): Incidents => {
    const counters = new Map(
      Object.keys(labels).map((label) => [label, overflows.with({ metric: name, label })] as const),
    )
    const warned = new Set<string>()
    return {
      overflow(label) {
        counters.get(label)?.inc()
        if (warned.has(label)) return
        warned.add(label)
        logger.warn(
          { metric: name, label },
          'a label exceeded its max of values; further ones count as other',
        )
      },
      rejected() {
        rejections.with({ metric: name }).inc()
      },
    }
  }

  const createTimedHistogram: CreateHandle<Histogram> = (slots, offset, incidents, buckets) =>
    createHistogram(slots, offset, incidents, buckets, clock)

  return {
    counter: createKind('counter', createCounter, incidentsOf) as MetricFactory['counter'],
    gauge: createKind('gauge', createGauge, incidentsOf) as MetricFactory['gauge'],
    histogram: createKind('histogram', createTimedHistogram, incidentsOf) as MetricFactory['histogram'],
    exported: (registered) => exported.get(registered),
    definitions: () =>
      [...exported.values()].map(({ slots: _slots, series: _series, ...definition }) => definition),
    clear() {
      for (const { name } of exported.values()) registry.removeSingleMetric(name)
      exported.clear()
    },
  }
}
