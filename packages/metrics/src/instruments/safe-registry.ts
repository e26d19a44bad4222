import { dropRejection } from '@alfred/core'
import type { MetricsRegistry } from './metrics-registry.ts'

/** A registry of the application whose promises, where it should answer at once, end no process. */
export function createSafeRegistry(registry: MetricsRegistry): MetricsRegistry {
  const now = <T>(answer: T): T => {
    dropRejection(answer)
    return answer
  }
  return {
    get contentType() {
      return registry.contentType
    },
    metrics: () => registry.metrics(),
    registerMetric(metric) {
      const adding: { readonly registerMetric: (added: typeof metric) => unknown } = registry
      now(adding.registerMetric(metric))
    },
    getSingleMetric: (name) => now(registry.getSingleMetric(name)),
    getMetricsAsArray: () => now(registry.getMetricsAsArray()),
    removeSingleMetric(name) {
      const removing: { readonly removeSingleMetric: (removed: string) => unknown } = registry
      now(removing.removeSingleMetric(name))
    },
  }
}
