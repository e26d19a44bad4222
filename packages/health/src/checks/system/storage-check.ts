import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { option, type Options, readOptions } from '@alfred/core'
import { checkNameRule, settingRules, type CheckSettings, type HealthCheck } from '../check.ts'
import { type FreeSpaceLimits, freeSpaceRules, measureFreeSpace } from './free-space.ts'

const rule = option.object({
  /** Unique within a registry. @default 'storage' */
  name: checkNameRule.default('storage'),
  ...settingRules({ intervalMs: 30_000 }),
  ...freeSpaceRules,
})

/** The options of `storageCheck`, with the check's settings. */
export interface StorageCheckOptions extends CheckSettings, FreeSpaceLimits, Options<typeof rule> {}

/**
 * Writes a small file into `directory`, has it reach the disk (fsync), deletes it, and reads how much
 * space an unprivileged user has left. Runs every 30 s by default.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, storageCheck } from '@alfred/health'
 *
 * createHealth({ checks: [storageCheck('/var/lib/app', { name: 'uploads' })] })
 * ```
 */
export function storageCheck(directory: string, options: StorageCheckOptions = {}): HealthCheck {
  const folder = readOptions('storageCheck.directory', directory, option.string())
  const { warnBelowFree, failBelowFree, ...settings } = readOptions('storageCheck', options, rule)
  // One name for all runs, so that a run cut short leaves one file at most; several processes may share the folder.
  const file = join(folder, `.health-${randomUUID()}`)

  return {
    kind: 'system',
    ...settings,
    async check(signal) {
      try {
        await writeFile(file, 'ok', { flush: true, signal, mode: 0o600 })
      } finally {
        await rm(file, { force: true })
      }
      return measureFreeSpace(folder, { warnBelowFree, failBelowFree })
    },
  }
}
