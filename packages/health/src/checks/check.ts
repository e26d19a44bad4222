import { type GivenObject, option, type Options } from '@alfred/core'

/** The states of draft-inadarei-api-health-check-06, section 3.1. */
export type HealthStatus = 'pass' | 'warn' | 'fail'

/** A check's state; `pending` until its first run has ended. */
export type CheckStatus = HealthStatus | 'pending'

/**
 * What a check's state does to the whole.
 *
 * - `critical`: its failure fails every group that it is in.
 * - `degrading`: its failure turns its groups to `warn`, which still answers 200.
 * - `informational`: reported, never counted.
 */
export type Criticality = 'critical' | 'degrading' | 'informational'

/** What a check looks at. A certificate that is `warn` ends soon. */
export type CheckKind = 'certificate' | 'component' | 'datastore' | 'system'

/** The probes that a check can count in. */
export type HealthGroup = (typeof healthGroups)[number]

export const healthGroups = ['startup', 'readiness', 'health'] as const

/** One value that a check read, reported under the key `<check>:<name>`. */
export interface Measurement {
  /** As in the draft: `utilization`, `connections`, `responseTime`, `uptime` or a name of your own, without a colon. */
  readonly name: string
  /** Tells several values of one name apart, such as the nodes of a cluster. */
  readonly componentId?: string | undefined
  readonly observedValue?: number | string | boolean | undefined
  readonly observedUnit?: string | undefined
  /** @default the check's own */
  readonly status?: HealthStatus | undefined
  /** Shown to authorised callers unless the status is `pass`. */
  readonly output?: string | undefined
}

/** What one run of a check found. */
export interface CheckResult {
  readonly status: HealthStatus
  /**
   * Why it is not `pass`, for authorised callers. The text is sent as it is: no hosts, no connection
   * strings, no messages of errors.
   */
  readonly output?: string | undefined
  readonly measurements?: readonly Measurement[] | undefined
}

/** Nothing is a pass. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- an async function that just ends is the commonest check
export type CheckOutcome = CheckResult | void

const milliseconds = option.number({ min: 1 })
const count = option.integer({ min: 1, max: 1000 })

/** The rule of a check's name. */
// It stands before the colon of the draft's `component:measurement` keys.
export const checkNameRule = option.string({
  pattern: /^[\w.-]{1,64}$/,
  hint: 'at most 64 letters, digits, dots, dashes or underscores',
})

/** Where a check of ours differs from other checks. */
interface OwnDefaults {
  readonly timeoutMs?: number
  readonly intervalMs?: number
  readonly criticality?: Criticality
  readonly groups?: readonly HealthGroup[]
}

/** The rules of the settings of every check but its name. */
export const settingRules = (own: OwnDefaults = {}) =>
  ({
    /**
     * How long a run may take. After it the run's signal is aborted and the run counts as failed; no
     * other run starts until it has settled, and every interval until then counts as failed too.
     * @default 2000
     */
    timeoutMs: milliseconds.default(own.timeoutMs ?? 2000),
    /**
     * From the end of one run to the start of the next, give or take the registry's `jitter`.
     * @default 5000
     */
    intervalMs: milliseconds.default(own.intervalMs ?? 5000),
    /**
     * The age at which a result counts as a failure, because the process did not get to ask again.
     * @default 3 × intervalMs + timeoutMs
     */
    staleAfterMs: milliseconds.optional(),
    /** @default 'critical' */
    criticality: option
      .oneOf<Criticality>('critical', 'degrading', 'informational')
      .default(own.criticality ?? 'critical'),
    /**
     * Whether start-up waits until the check has not failed, whatever its criticality: a wrong address then shows at the
     * deployment. It needs the group `startup`.
     * @default false; critical checks are waited for anyway
     */
    requiredToStart: option.boolean().default(false),
    /** @default ['startup', 'readiness', 'health'] */
    groups: option.list(option.oneOf(...healthGroups), { min: 1 }).default(own.groups ?? healthGroups),
    /**
     * Failures in a row that turn the state to `fail`. The first result counts at once.
     * @default 2
     */
    failAfter: count.default(2),
    /**
     * Results in a row other than `fail` that end a `fail`.
     * @default 1
     */
    passAfter: count.default(1),
    /**
     * What nobody may see of a result, authorised callers and snapshots included: `true` leaves its status
     * alone, a function says what is left. One that throws, or returns no result, leaves the status alone.
     * @default false
     */
    redact: option
      .anyOf(
        'true, false or a function',
        option.boolean(),
        option.syncFunction<(result: CheckResult) => CheckResult>(),
      )
      .default(false),
  }) as const

/** How often a check runs and what its state counts for. */
export interface CheckSettings extends GivenObject<ReturnType<typeof settingRules>> {}

/** The rule of a check; when its results are stale follows from its other settings. */
export const checkShape = option.object({
  /** Letters, digits, `.`, `_` and `-`; unique within a registry. */
  name: checkNameRule,
  ...settingRules(),
  /**
   * The draft's `componentType`.
   * @default 'component'
   */
  kind: option.oneOf<CheckKind>('certificate', 'component', 'datastore', 'system').default('component'),
  /**
   * Asks the component. Resolving without a result is a pass, rejecting a failure: the error goes to the
   * logger, and callers see no more of it than its `code` or `name`.
   *
   * @param signal - aborted when the time is up or the registry closes
   */
  check: option.function<(signal: AbortSignal) => Promise<CheckOutcome>>(),
  /** Releases what the check holds, when it is removed or the registry closes. */
  close: option.function<() => void>().optional(),
})

/** A check to register. */
export interface HealthCheck extends CheckSettings, Options<typeof checkShape> {}

const severity = { pass: 0, warn: 1, fail: 2 } as const

/** The worse of two states. */
export const worseOf = (a: HealthStatus, b: HealthStatus): HealthStatus =>
  severity[a] >= severity[b] ? a : b
