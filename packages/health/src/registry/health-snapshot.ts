import {
  type CheckKind,
  type CheckStatus,
  type Criticality,
  type HealthGroup,
  type HealthStatus,
  type Measurement,
  worseOf,
} from '../checks/check.ts'
import type { CheckRunner } from './check-runner.ts'

/** One check's state. */
export interface CheckSnapshot {
  readonly name: string
  readonly kind: CheckKind
  readonly criticality: Criticality
  readonly groups: readonly HealthGroup[]
  /** After hysteresis; `fail` when the last result is stale. */
  readonly status: CheckStatus
  /** What the last run found; `undefined` before the first. */
  readonly observed: HealthStatus | undefined
  readonly failuresInRow: number
  readonly stale: boolean
  /** When the last run ended, ms since the epoch. */
  readonly checkedAt: number | undefined
  /** How old the last result is. */
  readonly ageMs: number | undefined
  readonly durationMs: number | undefined
  readonly output: string | undefined
  readonly measurements: readonly Measurement[]
}

/** The registry's state at one moment. */
export interface HealthSnapshot {
  readonly startup: HealthStatus
  readonly readiness: HealthStatus
  readonly health: HealthStatus
  readonly draining: boolean
  readonly checks: readonly CheckSnapshot[]
}

/** What one check adds to the state of its groups. */
function contribution(criticality: Criticality, status: CheckStatus): HealthStatus {
  if (status === 'pass' || criticality === 'informational') return 'pass'
  if (status === 'warn' || criticality === 'degrading') return 'warn'
  return 'fail'
}

/** The state of one group; a critical check that has not run yet fails it. */
export function groupStatus(
  runners: Iterable<CheckRunner>,
  group: HealthGroup,
  monotonicMs: number,
): HealthStatus {
  let worst: HealthStatus = 'pass'
  for (const runner of runners) {
    const { criticality, requiredToStart, groups } = runner.check
    if (!groups.includes(group)) continue
    const weight = group === 'startup' && requiredToStart ? 'critical' : criticality
    worst = worseOf(worst, contribution(weight, runner.status(monotonicMs)))
  }
  return worst
}

export function checkSnapshot(runner: CheckRunner, monotonicMs: number): CheckSnapshot {
  const { check, last } = runner
  const stale = monotonicMs >= runner.staleAt
  return {
    name: check.name,
    kind: check.kind,
    criticality: check.criticality,
    groups: check.groups,
    status: runner.status(monotonicMs),
    observed: last?.observed,
    failuresInRow: runner.failuresInRow,
    stale,
    checkedAt: last?.checkedAt,
    // From the monotonic clock: the wall clock may have been set since.
    ageMs: last && monotonicMs - (runner.staleAt - check.staleAfterMs),
    durationMs: last?.durationMs,
    output: stale ? 'the last result is too old' : last ? last.output : 'has not run yet',
    measurements: last?.measurements ?? [],
  }
}
