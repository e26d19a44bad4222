import { type Clock, clockRule, option, readOptions, systemClock } from '@alfred/core'
import { type CheckSettings, type HealthCheck, type HealthStatus, worseOf } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'
import { type CpuReading, readCpu } from './cgroup-cpu.ts'
import { readNumbers } from './read-numbers.ts'

/** The options of `cpuCheck`, with the check's settings. */
export interface CpuCheckOptions extends Partial<CheckSettings> {
  /**
   * The share of the quota in use since the last run from which the state is `warn`.
   * @default 0.9
   */
  readonly warnAt?: number | undefined
  /**
   * The share of the quota's periods in which it ran out, since the last run, from which the state is `warn`.
   * @default 0.25
   */
  readonly warnAtThrottled?: number | undefined
  /**
   * The share of periods that ran out from which the state is `fail`.
   * @default 0.75
   */
  readonly failAtThrottled?: number | undefined
  /** @default reads the cgroup's quota, or else this process and the machine's processors */
  readonly read?: (() => Promise<CpuReading>) | undefined
  /** @default the machine's own */
  readonly clock?: Clock | undefined
}

const ratio = option.number({ min: 0, max: 1 })

const rule = option.objectOf<CpuCheckOptions>({
  ...checkSettingRules,
  warnAt: ratio,
  warnAtThrottled: ratio,
  failAtThrottled: ratio,
  read: option.function<() => Promise<CpuReading>>(),
  clock: clockRule,
})

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
  const {
    warnAt = 0.9,
    warnAtThrottled = 0.25,
    failAtThrottled = 0.75,
    read = readCpu,
    clock = systemClock,
    ...settings
  } = readOptions('cpuCheck', options, rule)
  let last: { readonly reading: CpuReading; readonly atMs: number } | undefined

  return {
    name: 'cpu',
    kind: 'system',
    criticality: 'degrading',
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
