export {
  type AlfredMetrics,
  type AlfredMetricsOptions,
  createAlfredMetrics,
  type DatabaseOperation,
} from './alfred-metrics.ts'
export { describeMetrics } from './describe-metrics.ts'
export type { MetricReading, SampleValue } from './exported-metric.ts'
export type { Exposition } from './exposer.ts'
export type { Counter, Exemplar, Gauge, Histogram, MetricFamily } from './instruments.ts'
export type { LabelDeclaration, LabelDeclarations, LabelValues } from './label-declaration.ts'
export type { MetricFactory } from './metric-catalog.ts'
export type {
  Aggregation,
  CounterDefinition,
  GaugeDefinition,
  HistogramDefinition,
  Labelled,
  MetricDefinition,
  MetricKind,
  ResolvedDefinition,
  Unlabelled,
} from './metric-definition.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export type { HttpMetricsOptions } from './http-metrics-options.ts'
export type { MetricsOptions } from './metrics-options.ts'
export {
  createMetricsAggregator,
  type MetricsAggregator,
  type MetricsAggregatorOptions,
} from './metrics-aggregator.ts'
export type { MetricsRegistry, RegisteredMetric } from './metrics-registry.ts'
export {
  createOperationsMetrics,
  type DatabasePoolReading,
  type OperationsMetrics,
  type ProviderKeyReading,
} from './operations-metrics.ts'
export type { ScrapeAccess } from './scrape-access.ts'
export { type MetricsChannel, shareMetrics } from './shared-metrics.ts'
export {
  createUsageMetrics,
  type TenantUsage,
  type Usage,
  type UsageMetrics,
  type UsageMetricsOptions,
} from './usage-metrics.ts'
export { metricsPeers } from './metrics-peers.ts'
