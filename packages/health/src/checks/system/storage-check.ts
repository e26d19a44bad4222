import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { option, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'
import { type FreeSpaceLimits, freeSpaceRules, measureFreeSpace } from './free-space.ts'

/** The options of `storageCheck`, with the check's settings. */
export interface StorageCheckOptions extends Partial<CheckSettings>, FreeSpaceLimits {}

const rule = option.objectOf<StorageCheckOptions>({ ...checkSettingRules, ...freeSpaceRules })

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
    name: 'storage',
    kind: 'system',
    intervalMs: 30_000,
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
