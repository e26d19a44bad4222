import { option, type Options, readOptions } from '@alfred/core'
import { checkNameRule, settingRules, type CheckSettings, type HealthCheck } from '../check.ts'
import { type FreeSpaceLimits, freeSpaceRules, measureFreeSpace } from './free-space.ts'

const rule = option.object({
  /** Unique within a registry. @default 'disk' */
  name: checkNameRule.default('disk'),
  ...settingRules({ criticality: 'degrading', intervalMs: 30_000 }),
  ...freeSpaceRules,
})

/** The options of `diskCheck`, with the check's settings. */
export interface DiskCheckOptions extends CheckSettings, FreeSpaceLimits, Options<typeof rule> {}

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
    kind: 'system',
    ...settings,
    check: () => measureFreeSpace(checked, { warnBelowFree, failBelowFree }),
  }
}
