import { dropRejection, isThenable, option, type Options, readOptions } from '@alfred/core'
import { checkNameRule, settingRules, type CheckSettings, type HealthCheck } from './check.ts'

/** A vault of provider keys; `@alfred/key-vault`'s is one. */
export interface ReportingVault {
  /** What it holds, by provider. Throws while it cannot be used. */
  report(): Readonly<Record<string, ReportedKeys>>
}

/** What the vault tells of one provider. */
export interface ReportedKeys {
  readonly versions: readonly { readonly stage: string }[]
  /** `failing` after a failed rotation, `due` when one waits for a key, `keyless` where none is needed. */
  readonly state?: string | undefined
  /** `invalid` when the provider refuses the current key. */
  readonly validity?: string | undefined
  /** A word for the last failure. */
  readonly lastErrorCode?: string | undefined
}

/** What is wrong with a provider's keys, and how bad that is; `undefined` when nothing is. */
function troubleOf(
  keys: ReportedKeys | undefined,
): { readonly status: 'warn' | 'fail'; readonly output: string } | undefined {
  const hasCurrent =
    keys?.versions.some(({ stage }) => stage === 'current') === true || keys?.state === 'keyless'
  if (!hasCurrent) return { status: 'fail', output: 'no current key' }
  if (keys.validity === 'invalid') return { status: 'fail', output: 'its key is refused' }
  if (keys.state === 'failing')
    return { status: 'warn', output: `rotation fails (${keys.lastErrorCode ?? 'unknown'})` }
  if (keys.state === 'due') return { status: 'warn', output: 'rotation waits for a key' }
  return undefined
}

/** A promise has no providers either, and would pass. */
const isReport = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !isThenable(value)

const rule = option.object({
  /** Unique within a registry. @default 'key-vault' */
  name: checkNameRule.default('key-vault'),
  ...settingRules(),
  /**
   * The providers that must have a current key.
   * @default those that the vault knows
   */
  providers: option.list(option.string(), { min: 1 }).optional(),
})

/** The options of `keyVaultCheck`, with the check's settings. */
export interface KeyVaultCheckOptions extends CheckSettings, Options<typeof rule> {}

/**
 * Looks whether the vault is open and every provider has a current key that it was not found to refuse: all of them
 * pass, some `warn`, none `fail`. A rotation that fails, or waits for a key, warns. It asks no provider, and shows no key.
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
    ...settings,
    // eslint-disable-next-line @typescript-eslint/require-await -- a report that throws is a run that fails
    async check() {
      const report = vault.report()
      dropRejection(report)
      if (!isReport(report)) throw new TypeError('keyVaultCheck.vault.report must return an object, at once')
      const found = (providers ?? Object.keys(report)).map((componentId) => ({
        componentId,
        trouble: troubleOf(Object.hasOwn(report, componentId) ? report[componentId] : undefined),
      }))
      const measurements = found.map(({ componentId, trouble }) => ({
        name: 'currentKey',
        componentId,
        observedValue: trouble?.output !== 'no current key',
        status: trouble?.status ?? ('pass' as const),
      }))
      const troubles = found.filter(({ trouble }) => trouble)
      if (troubles.length === 0) return { status: 'pass', measurements }
      const output = troubles
        .map(({ componentId, trouble }) => `${componentId}: ${trouble?.output ?? ''}`)
        .join('; ')
        .slice(0, 500)
      const isDown = found.every(({ trouble }) => trouble?.status === 'fail')
      return { status: isDown ? 'fail' : 'warn', output, measurements }
    },
  }
}
