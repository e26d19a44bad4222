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
import type { CloseHook, ResolvedCloseHook } from './close-hooks.ts'
import type { DrainableServer } from './server-connections.ts'

/** The options of `createDrain`. */
export interface DrainOptions {
  /** Servers to follow at once; give each before it listens. */
  readonly servers?: readonly DrainableServer[] | undefined
  /** Told to fail its readiness probe; any `createHealth()` is one. */
  readonly health?: { setDraining(draining: boolean): void } | undefined
  /**
   * How long the servers go on accepting while the readiness probe fails, so that load balancers notice:
   * their interval times their failure threshold, and a second. 0 where none stands before the server.
   * @default 5000
   */
  readonly readinessDelayMs?: number | undefined
  /**
   * From the start of the drain until requests and connections that are left are cut off.
   * @default 20000
   */
  readonly deadlineMs?: number | undefined
  /**
   * How long the close hooks may take together, after the connections are gone. The process ends
   * `deadlineMs + hooksDeadlineMs` after the signal at the latest; an orchestrator's grace period
   * (30 s in Kubernetes, 10 s in Docker) must be longer.
   * @default 5000
   */
  readonly hooksDeadlineMs?: number | undefined
  /** What to close at the end, the last one first. `addHook` adds more. */
  readonly hooks?: readonly CloseHook[] | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own */
  readonly clock?: Clock | undefined
  /** Receives `drain.started` and `drain.finished`. */
  readonly events?: EventBus | undefined
}

export type ResolvedDrainOptions = {
  readonly [K in Exclude<keyof DrainOptions, 'health' | 'events' | 'hooks'>]-?: NonNullable<DrainOptions[K]>
} & Pick<DrainOptions, 'health' | 'events'> & { readonly hooks: readonly ResolvedCloseHook[] }

const milliseconds = option.number({ min: 0, max: 86_400_000 })

const hookShape = option.object<CloseHook>(
  { name: option.string(), close: option.function<CloseHook['close']>(), timeoutMs: milliseconds },
  { required: ['name', 'close'] },
)

/** The rule for one close hook. */
export const hookRule: OptionRule<ResolvedCloseHook> = (value, report) => {
  const hook = hookShape(value, report)
  return hook && Object.freeze({ ...hook, timeoutMs: hook.timeoutMs ?? 3000 })
}

/** The rule for a server. */
export const serverRule = option.withMethods<DrainableServer>('close', 'prependListener')

type CheckedOptions = Omit<DrainOptions, 'hooks'> & Partial<Pick<ResolvedDrainOptions, 'hooks'>>

const shape = option.object<CheckedOptions>({
  servers: option.list(serverRule),
  health: option.withMethods<NonNullable<DrainOptions['health']>>('setDraining'),
  readinessDelayMs: milliseconds,
  deadlineMs: milliseconds,
  hooksDeadlineMs: milliseconds,
  hooks: option.list(hookRule),
  logger: loggerRule,
  clock: clockRule,
  events: eventBusRule,
})

const withDefaults = ({
  servers = [],
  health,
  readinessDelayMs = 5000,
  deadlineMs = 20_000,
  hooksDeadlineMs = 5000,
  hooks = [],
  logger = noopLogger,
  clock = systemClock,
  events,
}: CheckedOptions): ResolvedDrainOptions =>
  Object.freeze({
    servers,
    health,
    readinessDelayMs,
    deadlineMs,
    hooksDeadlineMs,
    hooks,
    logger,
    clock,
    events,
  })

const rule: OptionRule<ResolvedDrainOptions> = (value, report) => {
  const read = shape(value, report)
  if (!read) return undefined
  const options = withDefaults(read)
  if (options.deadlineMs <= options.readinessDelayMs) {
    report.at('deadlineMs').add('ALFRED_CONFIG_CONFLICT', 'must be longer than readinessDelayMs.')
  }
  return options
}

export const resolveDrainOptions = (options: DrainOptions): ResolvedDrainOptions =>
  readOptions('drain', options, rule)
