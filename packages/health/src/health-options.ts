import {
  type Clock,
  clockRule,
  type Endpoint,
  endpointCollisions,
  endpointPathRule,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
} from '@alfred/core'
import type { HealthCheck } from './checks/check.ts'
import { checkRule, type ResolvedCheck } from './checks/check-options.ts'
import type { ServiceIdentity } from './registry/service-identity.ts'
import { healthEndpoints, resolveHealthPaths } from './probes/health-endpoints.ts'
import type { HealthDetails, HealthPaths } from './probes/health-middleware.ts'
import { healthPathPeers, healthPeers } from './peer-options.ts'

/** A page for people that shows the checks, their history and changes, live. */
export interface StatusPageOptions {
  /** Where the page is; its event stream is at `<path>/events`. */
  readonly path: string
  /**
   * Who may see it; for others it does not exist.
   * @default as `details`
   */
  readonly access?: HealthDetails | undefined
  /**
   * How far its history reaches back, in 60 parts; kept in memory, about 100 bytes a check.
   * @default 3600000
   */
  readonly historyMs?: number | undefined
}

/** The options of `createHealth`. */
export interface HealthOptions extends ServiceIdentity {
  /** Checks to register at once. */
  readonly checks?: readonly HealthCheck[] | undefined
  /** Where the probes answer. */
  readonly paths?: HealthPaths | undefined
  /**
   * Who sees the checks and the service's identity. An address proves nothing behind a proxy on the same
   * machine, so there is no "local callers" here: decide by a credential or by the local port.
   * @default 'never'
   */
  readonly details?: HealthDetails | undefined
  /**
   * A status page.
   * @default false
   */
  readonly statusPage?: StatusPageOptions | false | undefined
  /**
   * The share of every interval by which it is shortened or lengthened at random, so that instances do
   * not ask a dependency in step. From 0 to 0.9.
   * @default 0.1
   */
  readonly jitter?: number | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own */
  readonly clock?: Clock | undefined
  /** Receives `health.changed`. */
  readonly events?: EventBus | undefined
}

export interface ResolvedHealthOptions {
  readonly checks: readonly ResolvedCheck[]
  readonly paths: Readonly<Record<keyof HealthPaths, string | false>>
  /** Where the probes and the status page answer, by the options that say so. */
  readonly endpoints: readonly Endpoint[]
  readonly details: HealthDetails
  readonly statusPage:
    { readonly [K in keyof StatusPageOptions]-?: NonNullable<StatusPageOptions[K]> } | undefined
  readonly identity: ServiceIdentity
  readonly jitter: number
  readonly logger: Logger
  readonly clock: Clock
  readonly events: EventBus | undefined
}

const path: OptionRule<string | false> = (value, report) => {
  if (value === false) return value
  if (typeof value === 'string') return endpointPathRule(value, report)
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a path that begins with / or false.')
  return undefined
}

const pathsRule = option.objectOf<HealthPaths>(
  { liveness: path, readiness: path, startup: path, health: path },
  { peers: healthPathPeers },
)

const detailsRule = option.anyOf(
  "'never', 'always' or a function",
  option.oneOf('never', 'always'),
  option.syncFunction<Exclude<HealthDetails, string>>(),
)

const statusPageRule = option.objectOf<StatusPageOptions>(
  {
    path: endpointPathRule,
    access: detailsRule,
    historyMs: option.number({ min: 60_000, max: 31 * 86_400_000 }),
  },
  { required: ['path'] },
)

/** Two checks of one name would be one in reports and metrics. */
const checksRule: OptionRule<readonly ResolvedCheck[]> = (value, report) => {
  const checks = option.list(checkRule)(value, report)
  const names = new Set<string>()
  for (const [index, { name }] of (checks ?? []).entries()) {
    if (names.has(name)) {
      report.at(index).at('name').add('ALFRED_CONFIG_CONFLICT', 'must differ from the names before it.')
    }
    names.add(name)
  }
  return checks
}

type CheckedOptions = Omit<HealthOptions, 'checks'> & Partial<Pick<ResolvedHealthOptions, 'checks'>>

const shape = option.objectOf<CheckedOptions>(
  {
    checks: checksRule,
    paths: pathsRule,
    details: detailsRule,
    statusPage: option.anyOf('false or an object', option.oneOf(false), statusPageRule),
    version: option.string(),
    releaseId: option.string(),
    serviceId: option.string(),
    description: option.string(),
    jitter: option.number({ min: 0, max: 0.9 }),
    logger: loggerRule,
    clock: clockRule,
    events: eventBusRule,
  },
  { peers: healthPeers },
)

const rule: OptionRule<CheckedOptions> = (value, report) => {
  const checked = shape(value, report)
  if (checked) report.addAll(endpointCollisions(healthEndpoints(checked)))
  return checked
}

export function resolveHealthOptions(options: HealthOptions): ResolvedHealthOptions {
  const read = readOptions('health', options, rule)
  const {
    checks = [],
    paths: givenPaths,
    details = 'never',
    statusPage: page = false,
    jitter = 0.1,
    logger = noopLogger,
    clock = systemClock,
    events,
    ...identity
  } = read
  const paths = resolveHealthPaths(givenPaths)
  const statusPage =
    page === false
      ? undefined
      : { path: page.path, access: page.access ?? details, historyMs: page.historyMs ?? 3_600_000 }
  return Object.freeze({
    checks,
    paths,
    endpoints: healthEndpoints(read),
    details,
    statusPage,
    identity,
    jitter,
    logger,
    clock,
    events,
  })
}
