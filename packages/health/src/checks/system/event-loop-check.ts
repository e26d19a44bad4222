import { monitorEventLoopDelay } from 'node:perf_hooks'
import { option, type Options, readOptions } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckSettings,
  type HealthCheck,
  type HealthStatus,
} from '../check.ts'

const milliseconds = option.number({ min: 0 })

const rule = option.object({
  /** Unique within a registry. @default 'event-loop' */
  name: checkNameRule.default('event-loop'),
  ...settingRules({ criticality: 'degrading' }),
  /**
   * The 99th percentile of the delays since the last run from which the state is `warn`.
   * @default 100
   */
  warnAtMs: milliseconds.default(100),
  /** @default 1000 */
  failAtMs: milliseconds.default(1000),
})

/** The options of `eventLoopCheck`, with the check's settings. */
export interface EventLoopCheckOptions extends CheckSettings, Options<typeof rule> {}

const resolutionMs = 20

/**
 * Measures how late the event loop comes to its timers. Degrading by default.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, eventLoopCheck } from '@alfred/health'
 *
 * createHealth({ checks: [eventLoopCheck({ warnAtMs: 50 })] })
 * ```
 */
export function eventLoopCheck(options: EventLoopCheckOptions = {}): HealthCheck {
  const { warnAtMs, failAtMs, ...settings } = readOptions('eventLoopCheck', options, rule)
  let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined

  const delayMs = (): number => {
    if (!histogram) {
      histogram = monitorEventLoopDelay({ resolution: resolutionMs })
      histogram.enable()
      return 0
    }
    // It records the whole time between two ticks, of which one resolution is no delay.
    const delay = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - resolutionMs
    histogram.reset()
    return Math.max(0, Math.round(delay * 10) / 10)
  }

  return {
    kind: 'system',
    ...settings,
    check() {
      const delay = delayMs()
      const status: HealthStatus = delay >= failAtMs ? 'fail' : delay >= warnAtMs ? 'warn' : 'pass'
      return Promise.resolve({
        status,
        output: status === 'pass' ? undefined : 'the event loop is late',
        measurements: [{ name: 'delayP99', observedValue: delay, observedUnit: 'ms' }],
      })
    },
    close() {
      histogram?.disable()
      histogram = undefined
    },
  }
}
