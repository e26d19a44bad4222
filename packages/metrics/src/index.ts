export {
  type AlfredMetrics,
  type AlfredMetricsOptions,
  createAlfredMetrics,
  type DatabaseOperation,
} from './alfred-metrics.ts'
export { describeMetrics } from './describe-metrics.ts'
export type { Exposition } from './exposer.ts'
export type { Counter, Gauge, Histogram, MetricFamily } from './instruments.ts'
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
export type { HttpMetricsOptions, MetricsOptions } from './metrics-options.ts'
export type { MetricsRegistry, RegisteredMetric } from './metrics-registry.ts'
export {
  createOperationsMetrics,
  type DatabasePoolReading,
  type OperationsMetrics,
  type ProviderKeyReading,
} from './operations-metrics.ts'
export type { ScrapeAccess } from './scrape-access.ts'
