import {
  exemptPathsRule,
  type MemberRule,
  mountsRule,
  option,
  type Options,
  type Resolved,
} from '@alfred/core'
import { bucketsRule } from '../instruments/metric-definition.ts'

/** OpenTelemetry's advice for this histogram, thinned, with the target of 2 s and long streams. */
const httpBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60]

const httpShape = option.object({
  /** Upper bounds of the duration histogram, in seconds. @default 5 ms to 60 s, 2 s among them */
  buckets: bucketsRule.default(httpBuckets),
  /**
   * Requests that are not timed; scrapes never are.
   * @default ['/livez', '/readyz', '/startupz', '/healthz']
   */
  ignore: exemptPathsRule.default(['/livez', '/readyz', '/startupz', '/healthz']),
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  mounts: mountsRule.default([]),
  /** How many route templates are kept apart; the rest counts as `other`. @default 200 */
  maxRoutes: option.integer({ min: 1, max: 1000 }).default(200),
  /** Whether the sizes of requests and responses are measured. @default false */
  sizes: option.boolean().default(false),
})

/** How requests are timed. */
export interface HttpMetricsOptions extends Options<typeof httpShape> {}

/** Checked options, with the defaults. */
export interface ResolvedHttpOptions extends Resolved<typeof httpShape> {}

/** The rule for the `http` options. */
export const httpMetricsRule: MemberRule<ResolvedHttpOptions, HttpMetricsOptions, 'defaulted'> =
  httpShape.orDefaults()
