import { dropRejection, option, type Options, readOptions } from '@alfred/core'
import { checkNameRule, settingRules, type CheckSettings, type HealthCheck } from './check.ts'

const rule = option.object({
  /** Letters, digits, `.`, `_` and `-`; unique within a registry. */
  name: checkNameRule,
  ...settingRules({ criticality: 'degrading' }),
  /** @default 'GET' */
  method: option.oneOf('GET', 'HEAD').default('GET'),
  /** Fields to send along. @default none */
  headers: option.record(option.string()).default({}),
  /**
   * Which answers pass: those for which it returns `true`, at once.
   * @default 200 to 299
   */
  expect: option
    .syncFunction<(status: number) => boolean>()
    .default((status) => status >= 200 && status < 300),
  /** @default the global one */
  fetch: option.function<typeof globalThis.fetch>().optional(),
})

/** The options of `httpCheck`, with the check's settings, of which `name` is required. */
export interface HttpCheckOptions extends CheckSettings, Options<typeof rule> {}

const urlRule = option
  .string()
  .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'must be an http or https URL.')

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
    method,
    headers,
    expect,
    fetch = globalThis.fetch,
    ...settings
  } = readOptions('httpCheck', options, rule)

  return {
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
