import { setTimeout as sleep } from 'node:timers/promises'
import { boundedPolicies, type LoadLog, startLimiterLoad } from './limiter-load.ts'
import { redisFaults, type RedisFaultName } from './redis-faults.ts'

/** What a fault of Redis cost. */
export interface FaultFigures {
  /**
   * The 99th percentile of a call's time, less that of before: in the first second of the fault, or from its start to the
   * recovery, whichever is worse. Over a long outage alone it would be that of the open breaker, which answers at once.
   */
  readonly addedP99Ms: number
  /** Requests admitted beyond what the policies state. */
  readonly wrongAdmissions: number
  /** Errors that nobody caught, and calls that threw. */
  readonly crashes: number
  /** From the end of the fault to the last call that the store did not answer. */
  readonly recoveredS: number
}

/** {@link FaultFigures} with what no percentile shows. */
export interface FaultMeasurement extends FaultFigures {
  /** The longest call from the start of the fault to the recovery. */
  readonly worstMs: number
}

/** How long each part takes. */
export interface FaultPlan {
  readonly beforeMs: number
  readonly faultMs: number
  /** How long the store must answer without a failure before it counts as recovered. */
  readonly quietMs: number
  /** When it counts as not recovered. */
  readonly maxRecoveryMs: number
}

const percentile99 = (times: readonly number[]): number => {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 0
}

const timesIn = ({ calls }: LoadLog, from: number, to: number): number[] =>
  calls.filter(({ at }) => at >= from && at < to).map(({ tookMs }) => tookMs)

const firstMs = 1000

/** What a policy may admit: so many buckets side by side, and so many that were forgotten when they were full. */
interface Bound {
  readonly limit: number
  readonly windowMs: number
  readonly buckets: number
  readonly forgotten: number
}

/** The times are taken when the answer is there, a little later than it was counted. */
const clockToleranceMs = 200

/** Counts the admissions of a key beyond its bound, over every interval between two of them. */
function excess(times: readonly number[], { limit, windowMs, buckets, forgotten }: Bound): number {
  let worst = 0
  for (const [first, startedAt] of times.entries()) {
    for (let last = first; last < times.length; last++) {
      const intervalMs = (times[last] ?? 0) - startedAt + clockToleranceMs
      const bound = buckets * (limit + (intervalMs * limit) / windowMs) + forgotten * limit
      worst = Math.max(worst, last - first + 1 - bound)
    }
  }
  return Math.ceil(worst)
}

/** Makes one fault under load, for real, and measures what it did. */
export async function measureFault(name: RedisFaultName, plan: FaultPlan): Promise<FaultMeasurement> {
  const fault = await redisFaults[name]()
  let uncaught = 0
  const count = (): void => {
    uncaught++
  }
  process.on('uncaughtException', count)
  process.on('unhandledRejection', count)
  try {
    let load = await startLimiterLoad(fault.redis)
    const loads = [load]
    await sleep(plan.beforeMs)
    // The first half warms up.
    const now = performance.now()
    const before = timesIn(load.log, now - plan.beforeMs / 2, now)
    if (fault.beforeStart) {
      await load.stop()
      await fault.beforeStart()
      load = await startLimiterLoad(fault.redis)
      loads.push(load)
    }

    const beganAt = performance.now()
    await fault.begin()
    await sleep(plan.faultMs)
    await fault.end()
    const endedAt = performance.now()
    const failedLastAt = (): number => load.log.calls.findLast(({ failed }) => failed)?.at ?? 0
    // A cluster mends itself from the moment of the fault on.
    const mendedAt = name === 'clusterLosesMaster' ? beganAt : endedAt
    const isQuiet = (): boolean => performance.now() - Math.max(failedLastAt(), endedAt) > plan.quietMs
    while (!isQuiet() && performance.now() - endedAt < plan.maxRecoveryMs) await sleep(50)

    const recoveredAt = Math.max(mendedAt, failedLastAt())
    const during = timesIn(load.log, beganAt, Math.max(endedAt, recoveredAt))
    await load.stop()
    const wrong = boundedPolicies.flatMap((policy) =>
      loads.flatMap(({ log }) =>
        [...log.admitted]
          .filter(([key]) => key.startsWith(policy.name))
          // While the store is away `local` counts in a bucket of this process.
          .map(([, times]) =>
            excess(times, {
              ...policy,
              buckets: policy.onStoreError === 'local' ? 2 : 1,
              forgotten: fault.forgets,
            }),
          ),
      ),
    )
    const round = (value: number): number => Math.round(value * 100) / 100
    const added = (times: readonly number[]): number =>
      round(Math.max(0, percentile99(times) - percentile99(before)))
    return {
      addedP99Ms: Math.max(added(timesIn(load.log, beganAt, beganAt + firstMs)), added(during)),
      worstMs: round(Math.max(0, ...during)),
      wrongAdmissions: wrong.reduce((sum, each) => sum + each, 0),
      crashes: uncaught + loads.reduce((sum, { log }) => sum + log.thrown, 0),
      recoveredS: round((recoveredAt - mendedAt) / 1000),
    }
  } finally {
    process.off('uncaughtException', count)
    process.off('unhandledRejection', count)
    await fault.stop()
  }
}
