import { exemptPathsRule, option, type PathMatch } from '@alfred/core'
import { bucketsRule } from '../instruments/metric-definition.ts'

/** How requests are timed. */
export interface HttpMetricsOptions {
  /** Upper bounds of the duration histogram, in seconds. @default 5 ms to 60 s, 2 s among them */
  readonly buckets?: readonly number[] | undefined
  /**
   * Requests that are not timed; scrapes never are.
   * @default ['/livez', '/readyz', '/startupz', '/healthz']
   */
  readonly ignore?: PathMatch | undefined
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  readonly mounts?: readonly string[] | undefined
  /** How many route templates are kept apart; the rest counts as `other`. @default 200 */
  readonly maxRoutes?: number | undefined
  /** Whether the sizes of requests and responses are measured. @default false */
  readonly sizes?: boolean | undefined
}

/** Checked options, with the defaults. */
export interface ResolvedHttpOptions {
  readonly buckets: readonly number[]
  readonly ignore: PathMatch
  readonly mounts: readonly string[]
  readonly maxRoutes: number
  readonly sizes: boolean
}

/** OpenTelemetry's advice for this histogram, thinned, with the target of 2 s and long streams. */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60]

/** The rule for the `http` options. */
export const httpMetricsRule = option.objectOf<HttpMetricsOptions>({
  buckets: bucketsRule,
  ignore: exemptPathsRule,
  mounts: option.list(
    option.string({ pattern: /^\/[^*?{}()+\s]+$/, hint: 'a path, with :name for parameters' }),
  ),
  maxRoutes: option.integer({ min: 1, max: 1000 }),
  sizes: option.boolean(),
})

/** Adds the defaults. */
export const resolveHttpMetricsOptions = (options: HttpMetricsOptions = {}): ResolvedHttpOptions =>
  Object.freeze({
    buckets: options.buckets ?? httpBuckets,
    ignore: options.ignore ?? ['/livez', '/readyz', '/startupz', '/healthz'],
    mounts: options.mounts ?? [],
    maxRoutes: options.maxRoutes ?? 200,
    sizes: options.sizes ?? false,
  })
