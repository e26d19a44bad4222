export {
  type AlfredMetrics,
  type AlfredMetricsOptions,
  createAlfredMetrics,
  type DatabaseOperation,
} from './alfred-metrics.ts'
export type { Counter, Gauge, Histogram, MetricFamily } from './instruments.ts'
export type { LabelDeclaration, LabelDeclarations, LabelValues } from './label-declaration.ts'
export type { MetricFactory } from './metric-catalog.ts'
export type {
  CounterDefinition,
  GaugeDefinition,
  HistogramDefinition,
  Labelled,
  MetricDefinition,
  Unlabelled,
} from './metric-definition.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export type { Exposition } from './metrics-endpoint.ts'
export type { HttpMetricsOptions, MetricsOptions } from './metrics-options.ts'
export type { MetricsRegistry, RegisteredMetric } from './metrics-registry.ts'
export type { ScrapeAccess } from './scrape-access.ts'
