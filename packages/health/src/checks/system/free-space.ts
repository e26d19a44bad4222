import { statfs } from 'node:fs/promises'
import { type GivenObject, option, type ReadObject } from '@alfred/core'
import { type CheckResult, type HealthStatus, worseOf } from '../check.ts'

const ratio = option.number({ min: 0, max: 1 })

/** When a file system counts as full. */
export const freeSpaceRules = {
  /**
   * The free share of the file system below which the state is `warn`.
   * @default 0.1
   */
  warnBelowFree: ratio.default(0.1),
  /**
   * The free share of the file system below which the state is `fail`.
   * @default 0.02
   */
  failBelowFree: ratio.default(0.02),
} as const

/** When a file system counts as full. */
export interface FreeSpaceLimits extends GivenObject<typeof freeSpaceRules> {}

/** What is left for an unprivileged user, of blocks and of files. */
export async function measureFreeSpace(
  path: string,
  { warnBelowFree, failBelowFree }: ReadObject<typeof freeSpaceRules>,
): Promise<CheckResult> {
  const { bavail, blocks, ffree, files } = await statfs(path)
  const measure = (name: string, free: number, all: number) => {
    // Some file systems report no size, or count no files.
    const share = all === 0 ? 1 : free / all
    const status: HealthStatus = share < failBelowFree ? 'fail' : share < warnBelowFree ? 'warn' : 'pass'
    return { name, observedValue: Math.round(share * 1000) / 10, observedUnit: 'percent', status }
  }
  const measurements = [measure('free', bavail, blocks), measure('freeFiles', ffree, files)]
  const status = measurements.reduce<HealthStatus>((worst, own) => worseOf(worst, own.status), 'pass')
  return {
    status,
    output: status === 'pass' ? undefined : 'the file system is nearly full',
    measurements,
  }
}
