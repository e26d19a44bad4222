import { totalmem } from 'node:os'
import { constrainedMemory, memoryUsage } from 'node:process'
import { getHeapStatistics } from 'node:v8'
import { option, type Options, readOptions } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckSettings,
  type HealthCheck,
  type HealthStatus,
  worseOf,
} from '../check.ts'
import { readNumbers } from './read-numbers.ts'

/** What the process uses of what it may use, in bytes. */
export interface MemoryReading {
  readonly residentBytes: number
  /** The cgroup's limit, or the machine's memory where there is none. */
  readonly limitBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
}

const ratio = option.number({ min: 0, max: 1 })

const rule = option.object({
  /** Unique within a registry. @default 'memory' */
  name: checkNameRule.default('memory'),
  ...settingRules({ criticality: 'degrading' }),
  /**
   * The share of a limit from which the state is `warn`.
   * @default 0.85
   */
  warnAt: ratio.default(0.85),
  /**
   * The share of a limit from which the state is `fail`.
   * @default 0.95
   */
  failAt: ratio.default(0.95),
  /** @default reads this process */
  read: option.syncFunction<() => MemoryReading>().default(readProcess),
})

/** The options of `memoryCheck`, with the check's settings. */
export interface MemoryCheckOptions extends CheckSettings, Options<typeof rule> {}

function readProcess(): MemoryReading {
  // Zero when unknown, and near 2^64 where the cgroup sets no limit.
  const constrained = constrainedMemory()
  const machine = totalmem()
  const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics()
  return {
    residentBytes: memoryUsage.rss(),
    limitBytes: constrained > 0 ? Math.min(constrained, machine) : machine,
    heapUsedBytes,
    heapLimitBytes,
  }
}

/**
 * Compares the process's resident memory with its cgroup's limit, and its heap with V8's.
 *
 * Degrading by default: taking a full process out of service moves its load to the next.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, memoryCheck } from '@alfred/health'
 *
 * createHealth({ checks: [memoryCheck({ warnAt: 0.8 })] })
 * ```
 */
export function memoryCheck(options: MemoryCheckOptions = {}): HealthCheck {
  const { warnAt, failAt, read, ...settings } = readOptions('memoryCheck', options, rule)

  const utilization = (componentId: string, used: number, limit: number) => {
    const share = used / limit
    const status: HealthStatus = share >= failAt ? 'fail' : share >= warnAt ? 'warn' : 'pass'
    return {
      name: 'utilization',
      componentId,
      observedValue: Math.round(share * 1000) / 10,
      observedUnit: 'percent',
      status,
    }
  }

  return {
    kind: 'system',
    ...settings,
    check() {
      const { residentBytes, limitBytes, heapUsedBytes, heapLimitBytes } = readNumbers(
        'memoryCheck.read',
        read(),
        ['residentBytes', 'limitBytes', 'heapUsedBytes', 'heapLimitBytes'],
      )
      const resident = utilization('resident', residentBytes, limitBytes)
      const heap = utilization('heap', heapUsedBytes, heapLimitBytes)
      const status = worseOf(resident.status, heap.status)
      const fuller =
        heap.status === status && heap.observedValue > resident.observedValue ? 'heap' : 'process'
      const output = status === 'pass' ? undefined : `the ${fuller} is near its memory limit`
      return Promise.resolve({ status, output, measurements: [resident, heap] })
    },
  }
}
