import { dropRejection, option, type OptionRule, readOptions } from '@alfred/core'
import type { CheckSettings, HealthCheck } from './check.ts'
import { checkSettingRules } from './check-options.ts'

/** The options of `httpCheck`, with the check's settings, of which `name` is required. */
export interface HttpCheckOptions extends CheckSettings {
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD' | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Which answers pass: those for which it returns `true`, at once.
   * @default 200 to 299
   */
  readonly expect?: ((status: number) => boolean) | undefined
  /** @default the global one */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const rule = option.objectOf<HttpCheckOptions>(
  {
    ...checkSettingRules,
    method: option.oneOf('GET', 'HEAD'),
    headers: option.record(option.string()),
    expect: option.syncFunction<(status: number) => boolean>(),
    fetch: option.function<typeof globalThis.fetch>(),
  },
  { required: ['name'] },
)

const urlRule: OptionRule<string> = (value, report) => {
  const url = option.string()(value, report)
  if (url === undefined) return undefined
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be an http or https URL.')
  return undefined
}

/**
 * Asks a URL and looks at the status; redirects are not followed. Degrading by default: an upstream
 * that is away is seldom a reason to take this service away too.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, httpCheck } from '@alfred/health'
 *
 * createHealth({ checks: [httpCheck('https://billing.internal/readyz', { name: 'billing' })] })
 * ```
 */
export function httpCheck(url: string, options: HttpCheckOptions): HealthCheck {
  const target = readOptions('httpCheck.url', url, urlRule)
  const {
    method = 'GET',
    headers = {},
    expect = (status: number) => status >= 200 && status < 300,
    fetch = globalThis.fetch,
    ...settings
  } = readOptions('httpCheck', options, rule)

  return {
    criticality: 'degrading',
    ...settings,
    async check(signal) {
      const response = await fetch(target, { method, headers, signal, redirect: 'manual' })
      // Unread bodies keep their connection.
      await response.body?.cancel()
      const passes: unknown = expect(response.status)
      if (passes === true) return { status: 'pass' }
      dropRejection(passes)
      return { status: 'fail', output: `answered ${String(response.status)}` }
    },
  }
}
