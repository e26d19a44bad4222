import { createEventBus, noopLogger } from '@alfred/core'
import { createAlfredMetrics } from './alfred-metrics.ts'
import type { ResolvedDefinition } from '../instruments/metric-definition.ts'
import { createMetrics } from '../metrics.ts'
import { createOperationsMetrics } from './operations-metrics.ts'
import { usageDefinitions } from './usage-metrics.ts'

/**
 * The definition of every metric of this package, in the order of an exposition: what documents, alert rules
 * and dashboards are made from, so that none of them names a metric, a label or a bucket that does not exist.
 *
 * @example
 * ```ts
 * import { describeMetrics } from '@alfred/metrics'
 *
 * const names = describeMetrics().map(({ name }) => name)
 * ```
 */
export function describeMetrics(): readonly ResolvedDefinition[] {
  const metrics = createMetrics({ events: createEventBus(noopLogger), http: { sizes: true } })
  createAlfredMetrics(metrics)
  createOperationsMetrics(metrics)
  const definitions = metrics.definitions()
  void metrics.close()
  return [...definitions, ...usageDefinitions(50)]
}
