import { randomUUID } from 'node:crypto'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { option, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck, HealthStatus } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'

/** The options of `storageCheck`, with the check's settings. */
export interface StorageCheckOptions extends Partial<CheckSettings> {
  /**
   * The free share of the file system below which the state is `warn`.
   * @default 0.1
   */
  readonly warnBelowFree?: number | undefined
  /**
   * The free share of the file system below which the state is `fail`.
   * @default 0.02
   */
  readonly failBelowFree?: number | undefined
}

const ratio = option.number({ min: 0, max: 1 })

const rule = option.object<StorageCheckOptions>({
  ...checkSettingRules,
  warnBelowFree: ratio,
  failBelowFree: ratio,
})

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
  const {
    warnBelowFree = 0.1,
    failBelowFree = 0.02,
    ...settings
  } = readOptions('storageCheck', options, rule)
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
      const { bavail, blocks } = await statfs(folder)
      // Some network file systems report no size at all.
      const free = blocks === 0 ? 1 : bavail / blocks
      const status: HealthStatus = free < failBelowFree ? 'fail' : free < warnBelowFree ? 'warn' : 'pass'
      return {
        status,
        output: status === 'pass' ? undefined : 'the file system is nearly full',
        measurements: [
          { name: 'free', observedValue: Math.round(free * 1000) / 10, observedUnit: 'percent' },
        ],
      }
    },
  }
}
