import { option } from '@alfred/core'

/** Where a Sentry project takes reports. */
export interface SentryEndpoint {
  readonly url: string
  readonly publicKey: string
}

/** https://develop.sentry.dev/sdk/foundations/transport/authentication/#parsing-the-dsn */
function parseDsn(dsn: string): SentryEndpoint | undefined {
  const url = URL.parse(dsn)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const [, prefix = '', project] = /^(.*)\/([\w-]+)$/.exec(url.pathname) ?? []
  if (url.username === '' || project === undefined) return undefined
  return { publicKey: url.username, url: `${url.origin}${prefix}/api/${project}/envelope/` }
}

/** The rule for a `dsn` option. */
export const sentryDsnRule = option.custom<SentryEndpoint, string>((value, report) => {
  const endpoint = typeof value === 'string' ? parseDsn(value) : undefined
  if (endpoint === undefined) {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a Sentry DSN: https://<public key>@<host>/<project>.')
  }
  return endpoint
})
