/** A metric as a prom-client registry holds it. */
export interface RegisteredMetric {
  get(): unknown
}

/**
 * What is needed of a registry. `Registry` of prom-client and of its successor `@prometheus-io/client`
 * have this shape.
 */
export interface MetricsRegistry {
  readonly contentType: string
  metrics(): Promise<string>
  registerMetric(metric: RegisteredMetric): void
  getSingleMetric(name: string): unknown
  getMetricsAsArray(): readonly object[]
  removeSingleMetric(name: string): void
}
