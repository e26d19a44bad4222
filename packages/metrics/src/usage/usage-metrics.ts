import { option, type Options, readOptions } from '@alfred/core'
import type { MetricReading } from '../instruments/exported-metric.ts'
import { maxValueLength, otherValue } from '../instruments/label-declaration.ts'
import type { ResolvedDefinition } from '../instruments/metric-definition.ts'
import type { Metrics } from '../metrics.ts'
import { createHeavyKeys } from './heavy-keys.ts'

/** What a tenant used. What is left out is 0. */
export interface Usage {
  /** @default 1 */
  readonly requests?: number | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
}

/** What each tenant used since it is kept apart. */
export interface TenantUsage {
  readonly tenant: string
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Who uses how much of the application. */
export interface UsageMetrics {
  /** Counts what `tenant` used. It is exported as it is given: pass the name of a customer, never a secret. */
  record(tenant: string, usage?: Usage): void
  /** The tenants that are kept apart, the heaviest first. */
  top(): readonly TenantUsage[]
}

type Totals = Record<'requests' | 'inputTokens' | 'outputTokens', number>

const createTotals = (): Totals => ({ requests: 0, inputTokens: 0, outputTokens: 0 })

const addTo = (totals: Totals, usage: Readonly<Totals>): void => {
  totals.requests += usage.requests
  totals.inputTokens += usage.inputTokens
  totals.outputTokens += usage.outputTokens
}

/** Each metric, and which labels and totals its series have. */
const families = [
  {
    name: 'alfred_tenant_requests_total',
    help: 'Requests by tenant: those that use most, and all others together.',
    series: [{ labels: {}, total: 'requests' }],
  },
  {
    name: 'alfred_tenant_tokens_total',
    help: 'Tokens of AI providers by tenant: those that use most, and all others together.',
    series: [
      { labels: { direction: 'input' }, total: 'inputTokens' },
      { labels: { direction: 'output' }, total: 'outputTokens' },
    ],
  },
] as const

const optionsRule = option.object({
  /** How many tenants are kept apart: those that use most. The rest counts as `other`. @default 50 */
  tenants: option.integer({ min: 1, max: 1000 }).default(50),
})

/** The options of {@link createUsageMetrics}. */
export interface UsageMetricsOptions extends Options<typeof optionsRule> {}

const amount = (value: number | undefined, byDefault: number): number =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : byDefault

/** The definitions of the metrics by tenant, as `metrics.definitions()` answers those of others. */
export const usageDefinitions = (tenants: number): readonly ResolvedDefinition[] =>
  families.map(({ name, help, series }) => ({
    kind: 'counter',
    name,
    help,
    labels: {
      tenant: { max: tenants },
      ...(series.length > 1 ? { direction: ['input', 'output'] } : {}),
    },
    buckets: [],
    aggregation: 'sum',
    scope: 'thread',
  }))

/**
 * Defines `alfred_tenant_requests_total{tenant}` and `alfred_tenant_tokens_total{tenant,direction}` in `metrics`.
 * However many tenants come, only the heaviest have series of their own, and all others count as `other`. A tenant gets the
 * series of the lightest when it uses twice as much; what was counted before stays where it was, so that `increase()` counts
 * nothing twice.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createMetrics, createUsageMetrics } from '@alfred/metrics'
 *
 * const usage = createUsageMetrics(createMetrics(), { tenants: 20 })
 * usage.record('acme', { inputTokens: 120, outputTokens: 480 })
 * ```
 */
export function createUsageMetrics(metrics: Metrics, options: UsageMetricsOptions = {}): UsageMetrics {
  const { tenants } = readOptions('usageMetrics', options, optionsRule)
  const heavy = createHeavyKeys(tenants, createTotals)

  const rows = (): readonly (readonly [string, Totals])[] => [
    ...Array.from(heavy.kept, ({ key, totals }) => [key, totals] as const),
    [otherValue, heavy.others],
  ]

  for (const { name, help, series } of families) {
    const read = (): Promise<MetricReading> =>
      Promise.resolve({
        name,
        help,
        type: 'counter',
        aggregator: 'sum',
        values: rows().flatMap(([tenant, totals]) =>
          series.map(({ labels, total }) => ({ labels: { tenant, ...labels }, value: totals[total] })),
        ),
      })
    metrics.registry.registerMetric(Object.assign({ get: read }, { name, help, type: 'counter' }))
  }

  return Object.freeze<UsageMetrics>({
    record(tenant, usage = {}) {
      const used = {
        requests: amount(usage.requests, usage.requests === undefined ? 1 : 0),
        inputTokens: amount(usage.inputTokens, 0),
        outputTokens: amount(usage.outputTokens, 0),
      }
      const isName =
        typeof tenant === 'string' &&
        tenant !== '' &&
        tenant !== otherValue &&
        tenant.length <= maxValueLength
      const weight = Math.max(1, used.requests, used.inputTokens + used.outputTokens)
      addTo(isName ? heavy.add(tenant, weight) : heavy.others, used)
    },
    top: () =>
      Array.from(heavy.kept)
        .sort((a, b) => b.weight - a.weight)
        .map(({ key, totals }) => ({ tenant: key, ...totals })),
  })
}
