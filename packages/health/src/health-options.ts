import {
  type Clock,
  clockRule,
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
import type { HealthCheck } from './check.ts'
import { checkRule, type ResolvedCheck } from './check-options.ts'
import type { ServiceIdentity } from './health-document.ts'
import type { HealthDetails, HealthPaths } from './health-middleware.ts'

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
  readonly details: HealthDetails
  readonly identity: ServiceIdentity
  readonly jitter: number
  readonly logger: Logger
  readonly clock: Clock
  readonly events: EventBus | undefined
}

const path = option.anyOf<string | false>(
  'a path that begins with / or false',
  option.oneOf(false),
  option.string({ pattern: /^\/[^?#]*$/, hint: 'a path that begins with /' }),
)

const defaultPaths = {
  liveness: '/livez',
  readiness: '/readyz',
  startup: '/startupz',
  health: '/healthz',
} as const satisfies HealthPaths

const pathShape = option.object<HealthPaths>({ liveness: path, readiness: path, startup: path, health: path })

/** Two probes on one path would hide one of them. */
const pathsRule: OptionRule<ResolvedHealthOptions['paths']> = (value, report) => {
  const given = pathShape(value, report)
  if (!given) return undefined
  const paths: ResolvedHealthOptions['paths'] = {
    liveness: given.liveness ?? defaultPaths.liveness,
    readiness: given.readiness ?? defaultPaths.readiness,
    startup: given.startup ?? defaultPaths.startup,
    health: given.health ?? defaultPaths.health,
  }
  const taken = Object.values(paths).filter((entry) => entry !== false)
  if (new Set(taken).size < taken.length) report.add('ALFRED_CONFIG_CONFLICT', 'must all differ.')
  return paths
}

type CheckedOptions = Omit<HealthOptions, 'checks' | 'paths'> &
  Partial<Pick<ResolvedHealthOptions, 'checks' | 'paths'>>

const rule = option.object<CheckedOptions>({
  checks: option.list(checkRule),
  paths: pathsRule,
  details: option.anyOf<HealthDetails>(
    "'never', 'always' or a function",
    option.oneOf('never', 'always'),
    option.function<Exclude<HealthDetails, string>>(),
  ),
  version: option.string(),
  releaseId: option.string(),
  serviceId: option.string(),
  description: option.string(),
  jitter: option.number({ min: 0, max: 0.9 }),
  logger: loggerRule,
  clock: clockRule,
  events: eventBusRule,
})

export function resolveHealthOptions(options: HealthOptions): ResolvedHealthOptions {
  const {
    checks = [],
    paths = defaultPaths,
    details = 'never',
    jitter = 0.1,
    logger = noopLogger,
    clock = systemClock,
    events,
    ...identity
  } = readOptions('health', options, rule)
  return Object.freeze({ checks, paths, details, identity, jitter, logger, clock, events })
}
