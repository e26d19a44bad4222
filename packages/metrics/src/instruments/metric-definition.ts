import { option, type OptionRule, readOptions, type Rule } from '@alfred/core'
import { type LabelDeclarations, labelsRule } from './label-declaration.ts'
import { definitionPeers } from './definition-peers.ts'

/** What every metric is declared with. */
export interface MetricDefinition {
  /** In Prometheus' base units, which the name says: `_seconds`, `_bytes`. */
  readonly name: string
  /** One sentence for whoever reads the metric. */
  readonly help: string
}

const scopes = ['thread', 'process'] as const

/** What one value speaks for: the thread that read it, or its process, all threads of which read the same. */
export type Scope = (typeof scopes)[number]

/** What a counter is declared with. */
export interface CounterDefinition extends MetricDefinition {
  readonly name: `${string}_total`
  /** `process` for what all threads of a process read alike, such as its CPU time: it counts once. @default 'thread' */
  readonly scope?: Scope | undefined
}

const aggregations = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const

/**
 * How the values of several processes or threads become one. Counters and histograms are always summed; a
 * gauge may mean the `max` or `average`, the `first` that is read, or nothing in common: `omit`.
 */
export type Aggregation = (typeof aggregations)[number]

/** What a gauge is declared with. */
export interface GaugeDefinition extends MetricDefinition {
  /** How the gauges of several processes or threads become one. @default 'sum' */
  readonly aggregation?: Aggregation | undefined
  /** `process` for what all threads of a process read alike, such as its memory: it counts once. @default 'thread' */
  readonly scope?: Scope | undefined
}

/** What a histogram is declared with. */
export interface HistogramDefinition extends MetricDefinition {
  /** The upper bounds, ascending, without the infinite one. */
  readonly buckets: readonly number[]
}

/** The part of a definition that declares labels. */
export interface Labelled<L extends LabelDeclarations> {
  readonly labels: L
}

/** A definition without labels. */
export interface Unlabelled {
  readonly labels?: undefined
}

export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** A definition after its check, with its defaults. */
export interface ResolvedDefinition {
  readonly kind: MetricKind
  readonly name: string
  readonly help: string
  readonly labels: LabelDeclarations
  /** The upper bounds of a histogram; none for other kinds. */
  readonly buckets: readonly number[]
  readonly aggregation: Aggregation
  readonly scope: Scope
}

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const counterName = /^[a-zA-Z_:][a-zA-Z0-9_:]*_total$/
// OpenMetrics 1.0 reserves these endings for the samples of counters, histograms and summaries.
const plainName = /^(?!.*_(?:total|created|bucket|count|sum|info)$)[a-zA-Z_:][a-zA-Z0-9_:]*$/

const nameRules: Readonly<Record<MetricKind, Rule<string>>> = {
  counter: option.string({ pattern: counterName, hint: 'a metric name that ends in _total' }),
  gauge: option.string({
    pattern: plainName,
    hint: 'a metric name without a reserved ending such as _total',
  }),
  histogram: option.string({
    pattern: plainName,
    hint: 'a metric name without a reserved ending such as _total',
  }),
}

/** The rule for a histogram's upper bounds. */
export const bucketsRule = option.list(option.number(), { min: 1 }).check((bounds, report) => {
  if (bounds.some((bound, index) => !Number.isFinite(bound) || bound <= (bounds[index - 1] ?? -Infinity))) {
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be finite and ascend.')
  }
})

/** As {@link GaugeDefinition} documents it. */
const aggregationRule = option.oneOf(...aggregations).default('sum')

const scopeRule = option.oneOf(...scopes).default('thread')

type ReadDefinition = Omit<ResolvedDefinition, 'kind'>

function ruleOf(kind: MetricKind): OptionRule<Partial<ReadDefinition> & MetricDefinition> {
  const rules = { name: nameRules[kind], help: option.string(), labels: labelsRule.default({}) }
  const peers = { peers: definitionPeers }
  switch (kind) {
    case 'counter':
      return option.object({ ...rules, scope: scopeRule }, peers)
    case 'gauge':
      return option.object({ ...rules, aggregation: aggregationRule, scope: scopeRule }, peers)
    case 'histogram':
      return option.object({ ...rules, buckets: bucketsRule }, peers)
  }
}

/**
 * Checks a definition.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem
 */
export function resolveDefinition(kind: MetricKind, definition: unknown): ResolvedDefinition {
  const metric = nameOf(definition)
  const path = metricName.test(metric) ? `metrics.${kind}(${metric})` : `metrics.${kind}`
  const read = readOptions(path, definition, ruleOf(kind))
  const { name, help, labels = {}, buckets = [], aggregation = 'sum', scope = 'thread' } = read
  return Object.freeze({ kind, name, help, labels, buckets, aggregation, scope })
}

function nameOf(definition: unknown): string {
  if (typeof definition !== 'object' || definition === null || !('name' in definition)) return ''
  return typeof definition.name === 'string' ? definition.name : ''
}

/** Equal for definitions that declare the same metric. */
export function definitionSignature(definition: ResolvedDefinition): string {
  const { kind, help, labels, buckets, aggregation, scope } = definition
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([kind, help, sorted, buckets, aggregation, scope])
}

/** Every name the metric takes in either exposition format. */
export function takenNames({ kind, name }: ResolvedDefinition): readonly string[] {
  switch (kind) {
    case 'counter':
      return [name, name.slice(0, -'_total'.length)]
    case 'gauge':
      return [name]
    case 'histogram':
      return [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]
  }
}
