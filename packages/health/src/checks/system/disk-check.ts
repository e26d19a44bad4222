import { option, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'
import { type FreeSpaceLimits, freeSpaceRules, measureFreeSpace } from './free-space.ts'

/** The options of `diskCheck`, with the check's settings. */
export interface DiskCheckOptions extends Partial<CheckSettings>, FreeSpaceLimits {}

const rule = option.objectOf<DiskCheckOptions>({ ...checkSettingRules, ...freeSpaceRules })

/**
 * Reads how much space and how many files the file system of `path` has left, without writing; for what is
 * written to there is `storageCheck`. Degrading by default, every 30 s.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, diskCheck } from '@alfred/health'
 *
 * createHealth({ checks: [diskCheck('/var/log')] })
 * ```
 */
export function diskCheck(path: string, options: DiskCheckOptions = {}): HealthCheck {
  const checked = readOptions('diskCheck.path', path, option.string())
  const { warnBelowFree, failBelowFree, ...settings } = readOptions('diskCheck', options, rule)
  return {
    name: 'disk',
    kind: 'system',
    criticality: 'degrading',
    intervalMs: 30_000,
    ...settings,
    check: () => measureFreeSpace(checked, { warnBelowFree, failBelowFree }),
  }
}
