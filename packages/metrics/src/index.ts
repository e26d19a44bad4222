export { type AlfredMetrics, type AlfredMetricsOptions, createAlfredMetrics } from './usage/alfred-metrics.ts'
export { describeMetrics } from './usage/describe-metrics.ts'
export type { MetricReading } from './instruments/exported-metric.ts'
export type { Counter, Exemplar, Gauge, Histogram, MetricFamily } from './instruments/instruments.ts'
export type { LabelDeclaration, LabelDeclarations, LabelValues } from './instruments/label-declaration.ts'
export type { MetricFactory } from './instruments/metric-catalog.ts'
export type {
  CounterDefinition,
  GaugeDefinition,
  HistogramDefinition,
  MetricDefinition,
} from './instruments/metric-definition.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export type { HttpMetricsOptions } from './http/http-metrics-options.ts'
export type { MetricsOptions } from './metrics-options.ts'
export {
  createMetricsAggregator,
  type MetricsAggregator,
  type MetricsAggregatorOptions,
} from './aggregation/metrics-aggregator.ts'
export type { MetricsRegistry } from './instruments/metrics-registry.ts'
export { createOperationsMetrics, type OperationsMetrics } from './usage/operations-metrics.ts'
export type { ScrapeAccess } from './exposition/scrape-access.ts'
export { type MetricsChannel, shareMetrics, type ShareMetricsOptions } from './aggregation/shared-metrics.ts'
export {
  createUsageMetrics,
  type TenantUsage,
  type Usage,
  type UsageMetrics,
  type UsageMetricsOptions,
} from './usage/usage-metrics.ts'
export { metricsPeers } from './metrics-peers.ts'
