import { asError, type Clock, createGuardedFunction, type Logger, runDetached } from '@alfred/core'
import type { CheckResult, CheckStatus, HealthStatus, Measurement } from '../checks/check.ts'
import type { ResolvedCheck } from '../checks/check-options.ts'
import { readMeasurements } from './read-measurements.ts'
import { createFlight, type Landing } from '../checks/flight.ts'
import { freshStreak, nextStreak } from './hysteresis.ts'

/** The last result of a check. */
export interface LastResult {
  /** What the run itself found, before hysteresis. */
  readonly observed: HealthStatus
  readonly output: string | undefined
  readonly measurements: readonly Measurement[]
  readonly durationMs: number
  /** Wall-clock time, ms since the epoch. */
  readonly checkedAt: number
}

/** Polls one check in the background. */
export interface CheckRunner {
  readonly check: ResolvedCheck
  readonly last: LastResult | undefined
  readonly failuresInRow: number
  /** The monotonic time from which the last result is too old. */
  readonly staleAt: number
  /** The state after hysteresis; an old result is a failure. */
  status(monotonicMs: number): CheckStatus
  close(): void
}

/** How soon a check that fails runs again at the latest. */
const retryMs = 10_000

interface RunnerContext {
  readonly clock: Clock
  readonly logger: Logger
  /** The share of an interval by which it is shortened or lengthened at random. */
  readonly jitter: number
  readonly onResult: () => void
}

const statuses: readonly unknown[] = ['pass', 'warn', 'fail'] satisfies HealthStatus[]

const isResult = (value: unknown): value is CheckResult =>
  typeof value === 'object' && value !== null && 'status' in value && statuses.includes(value.status)

const fail = (output: string): CheckResult => ({ status: 'fail', output })

/** An error's code or name. Its message may name hosts or users, so it is left to the log. */
function describeError(error: unknown): string {
  const known: NodeJS.ErrnoException = asError(error)
  if (known !== error) return 'failed'
  const { code, name } = known
  if (typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)) return `failed (${code})`
  return /^[A-Za-z]{1,40}$/.test(name) ? `failed (${name})` : 'failed'
}

function resultOf(landing: Landing<CheckResult | undefined>): CheckResult {
  switch (landing.outcome) {
    case 'done': {
      const { value } = landing
      if (value === undefined) return { status: 'pass' }
      // Callers without types may resolve to anything; `false` above all must not pass.
      return isResult(value) ? value : fail('the check resolved to no result')
    }
    case 'threw':
      return fail(describeError(landing.error))
    case 'timed-out':
      return fail(`took longer than allowed (${String(Math.round(landing.durationMs))} ms)`)
    case 'still-running':
      return fail('an earlier run has not ended')
  }
}

/** Starts polling `check`, the first time at once. */
export function createCheckRunner(
  check: ResolvedCheck,
  { clock, logger, jitter, onResult }: RunnerContext,
): CheckRunner {
  const flight = createFlight(clock, check.timeoutMs, async (signal): Promise<CheckResult | undefined> => {
    const result = await check.check(signal)
    return result ?? undefined
  })
  let streak = freshStreak
  let last: LastResult | undefined
  let staleAt = Infinity
  let closed = false

  const { redact } = check
  const callRedact =
    typeof redact === 'function'
      ? createGuardedFunction<[CheckResult], CheckResult | undefined>({
          name: `${check.name}.redact`,
          call: redact,
          read(answer) {
            if (isResult(answer)) return answer
            throw new TypeError(`${check.name}.redact must return a result`)
          },
          fallback: undefined,
          consequence: 'the result is left out',
          logger,
        })
      : undefined
  const redacted = (result: CheckResult): CheckResult =>
    redact === false ? result : (callRedact?.(result) ?? { status: result.status })

  const record = (landing: Landing<CheckResult | undefined>): void => {
    const result = resultOf(landing)
    const { status } = result
    const { output: text, measurements: read } = redacted(result)
    const output = typeof text === 'string' ? text : undefined
    const measurements = readMeasurements(read)
    streak = nextStreak(streak, status, check)
    staleAt = clock.monotonicMs() + check.staleAfterMs
    const { durationMs } = landing
    last = { observed: status, output, measurements, durationMs, checkedAt: clock.now() }
    // Once per outage: a dependency that stays away must not fill the log.
    if (status !== 'fail' || streak.failures > 1) return
    const error = landing.outcome === 'threw' ? { err: landing.error } : {}
    logger.warn({ check: check.name, output, ...error }, 'a health check failed')
  }

  const poll = async (): Promise<void> => {
    const landing = await flight.run()
    if (closed) return
    record(landing)
    // A recovery is noticed soon, however seldom the check runs while all is well.
    const intervalMs = last?.observed === 'fail' ? Math.min(check.intervalMs, retryMs) : check.intervalMs
    schedule(intervalMs * (1 + jitter * (2 * Math.random() - 1)))
    onResult()
  }

  const schedule = (delayMs: number): void => {
    timer = clock.setTimeout(() => void poll(), delayMs)
  }
  let timer = clock.setTimeout(() => void poll(), 0)

  return {
    check,
    get last() {
      return last
    },
    get failuresInRow() {
      return streak.failures
    },
    get staleAt() {
      return staleAt
    },
    status: (monotonicMs) => (monotonicMs >= staleAt ? 'fail' : streak.status),
    close() {
      if (closed) return
      closed = true
      timer.cancel()
      flight.abort()
      runDetached(
        () => check.close?.(),
        (error) => {
          logger.error({ check: check.name, err: error }, 'a health check did not close')
        },
      )
    },
  }
}
