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
export type HealthGroup = 'startup' | 'readiness' | 'health'

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

/** How often a check runs and what its state counts for. */
export interface CheckSettings {
  /** Letters, digits, `.`, `_` and `-`; unique within a registry. */
  readonly name: string
  /**
   * How long a run may take. After it the run's signal is aborted and the run counts as failed; no
   * other run starts until it has settled, and every interval until then counts as failed too.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined
  /**
   * From the end of one run to the start of the next, give or take the registry's `jitter`.
   * @default 5000
   */
  readonly intervalMs?: number | undefined
  /**
   * The age at which a result counts as a failure, because the process did not get to ask again.
   * @default 3 × intervalMs + timeoutMs
   */
  readonly staleAfterMs?: number | undefined
  /** @default 'critical' */
  readonly criticality?: Criticality | undefined
  /**
   * Whether start-up waits until the check has not failed, whatever its criticality: a wrong address then shows at the
   * deployment. It needs the group `startup`.
   * @default false; critical checks are waited for anyway
   */
  readonly requiredToStart?: boolean | undefined
  /** @default ['startup', 'readiness', 'health'] */
  readonly groups?: readonly HealthGroup[] | undefined
  /**
   * Failures in a row that turn the state to `fail`. The first result counts at once.
   * @default 2
   */
  readonly failAfter?: number | undefined
  /**
   * Results in a row other than `fail` that end a `fail`.
   * @default 1
   */
  readonly passAfter?: number | undefined
  /**
   * What nobody may see of a result, authorised callers and snapshots included: `true` leaves its status
   * alone, a function says what is left. One that throws, or returns no result, leaves the status alone.
   * @default false
   */
  readonly redact?: boolean | ((result: CheckResult) => CheckResult) | undefined
}

/** A check to register. */
export interface HealthCheck extends CheckSettings {
  /**
   * The draft's `componentType`.
   * @default 'component'
   */
  readonly kind?: CheckKind | undefined
  /**
   * Asks the component. Resolving without a result is a pass, rejecting a failure: the error goes to the
   * logger, and callers see no more of it than its `code` or `name`.
   *
   * @param signal - aborted when the time is up or the registry closes
   */
  readonly check: (signal: AbortSignal) => Promise<CheckOutcome>
  /** Releases what the check holds, when it is removed or the registry closes. */
  readonly close?: (() => void) | undefined
}

const severity = { pass: 0, warn: 1, fail: 2 } as const

/** The worse of two states. */
export const worseOf = (a: HealthStatus, b: HealthStatus): HealthStatus =>
  severity[a] >= severity[b] ? a : b
