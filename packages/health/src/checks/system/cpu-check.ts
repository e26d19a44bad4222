import { observed, option, type Options, readOptions } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckSettings,
  type HealthCheck,
  type HealthStatus,
  worseOf,
} from '../check.ts'
import { type CpuReading, readCpu } from './cgroup-cpu.ts'
import { readNumbers } from './read-numbers.ts'

const ratio = option.number({ min: 0, max: 1 })

const rule = option.object({
  /** Unique within a registry. @default 'cpu' */
  name: checkNameRule.default('cpu'),
  ...settingRules({ criticality: 'degrading' }),
  /**
   * The share of the quota in use since the last run from which the state is `warn`.
   * @default 0.9
   */
  warnAt: ratio.default(0.9),
  /**
   * The share of the quota's periods in which it ran out, since the last run, from which the state is `warn`.
   * @default 0.25
   */
  warnAtThrottled: ratio.default(0.25),
  /**
   * The share of periods that ran out from which the state is `fail`.
   * @default 0.75
   */
  failAtThrottled: ratio.default(0.75),
  /** @default reads the cgroup's quota, or else this process and the machine's processors */
  read: option.function<() => Promise<CpuReading>>().default(readCpu),
  /** @default the machine's own */
  clock: observed.clock,
})

/** The options of `cpuCheck`, with the check's settings. */
export interface CpuCheckOptions extends CheckSettings, Options<typeof rule> {}

const percent = (share: number): number => Math.round(share * 1000) / 10

const stateOf = (share: number, warnAt: number, failAt: number): HealthStatus =>
  share >= failAt ? 'fail' : share >= warnAt ? 'warn' : 'pass'

/**
 * Compares the processor time that was used since the last run with the quota of the cgroup (version 2 or
 * 1), and counts how often the quota ran out: a throttled process stands still although its own use looks
 * moderate. Degrading by default, and use alone never fails.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { cpuCheck, createHealth } from '@alfred/health'
 *
 * createHealth({ checks: [cpuCheck({ warnAtThrottled: 0.1 })] })
 * ```
 */
export function cpuCheck(options: CpuCheckOptions = {}): HealthCheck {
  const { warnAt, warnAtThrottled, failAtThrottled, read, clock, ...settings } = readOptions(
    'cpuCheck',
    options,
    rule,
  )
  let last: { readonly reading: CpuReading; readonly atMs: number } | undefined

  return {
    kind: 'system',
    ...settings,
    async check() {
      const reading = readNumbers('cpuCheck.read', await read(), [
        'usedMicros',
        'limitCpus',
        'periods',
        'throttledPeriods',
      ])
      const atMs = clock.monotonicMs()
      const before = last
      last = { reading, atMs }
      // A quota that was just set or lifted is counted elsewhere, so the difference would mean nothing.
      if (!before || reading.usedMicros < before.reading.usedMicros || atMs <= before.atMs) {
        return { status: 'pass' }
      }
      const usedMs = (reading.usedMicros - before.reading.usedMicros) / 1000
      const used = usedMs / ((atMs - before.atMs) * reading.limitCpus)
      const periods = reading.periods - before.reading.periods
      const throttled =
        periods > 0 ? (reading.throttledPeriods - before.reading.throttledPeriods) / periods : 0
      const usedStatus = stateOf(used, warnAt, Infinity)
      const throttledStatus = stateOf(throttled, warnAtThrottled, failAtThrottled)
      const status = worseOf(usedStatus, throttledStatus)
      const reason = throttledStatus === 'pass' ? 'is nearly used up' : 'runs out'
      return {
        status,
        output: status === 'pass' ? undefined : `the processor quota ${reason}`,
        measurements: [
          { name: 'utilization', observedValue: percent(used), observedUnit: 'percent', status: usedStatus },
          {
            name: 'throttled',
            observedValue: percent(throttled),
            observedUnit: 'percent',
            status: throttledStatus,
          },
        ],
      }
    },
  }
}
