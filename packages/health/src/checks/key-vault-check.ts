import { option, type OptionRule, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck } from '../check.ts'
import { checkSettingRules } from '../check-options.ts'

/** A vault of provider keys; `@alfred/key-vault`'s is one. */
export interface ReportingVault {
  /** What it holds, by provider. Throws while it cannot be used. */
  report(): Readonly<Record<string, { readonly versions: readonly { readonly stage: string }[] }>>
}

/** The options of `keyVaultCheck`, with the check's settings. */
export interface KeyVaultCheckOptions extends Partial<CheckSettings> {
  /**
   * The providers that must have a current key.
   * @default those that the vault knows
   */
  readonly providers?: readonly string[] | undefined
}

const rule: OptionRule<KeyVaultCheckOptions> = option.object<KeyVaultCheckOptions>({
  ...checkSettingRules,
  providers: option.list(option.string(), { min: 1 }),
})

/**
 * Looks whether the vault is open and every provider has a current key: all of them pass, some `warn`, none
 * `fail`. It asks no provider, and shows no key.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, keyVaultCheck } from '@alfred/health'
 *
 * const vault = { report: () => ({ openai: { versions: [{ stage: 'current' }] } }) }
 * createHealth({ checks: [keyVaultCheck(vault, { providers: ['openai'] })] })
 * ```
 */
export function keyVaultCheck(vault: ReportingVault, options: KeyVaultCheckOptions = {}): HealthCheck {
  readOptions('keyVaultCheck.vault', vault, option.withMethods<ReportingVault>('report'))
  const { providers, ...settings } = readOptions('keyVaultCheck', options, rule)

  return {
    name: 'key-vault',
    ...settings,
    // Async, so that a report that throws is a run that fails.
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async check() {
      const report = vault.report()
      const measurements = (providers ?? Object.keys(report)).map((componentId) => {
        const versions = Object.hasOwn(report, componentId) ? (report[componentId]?.versions ?? []) : []
        const held = versions.some(({ stage }) => stage === 'current')
        return {
          name: 'currentKey',
          componentId,
          observedValue: held,
          status: held ? ('pass' as const) : ('fail' as const),
        }
      })
      const missing = measurements.filter(({ observedValue }) => !observedValue).length
      if (missing === 0) return { status: 'pass', measurements }
      const output = `${String(missing)} of ${String(measurements.length)} providers have no current key`
      return { status: missing < measurements.length ? 'warn' : 'fail', output, measurements }
    },
  }
}
