import type { ConfigProblem, Logger } from '@alfred/core'
import type { SecurityHeaders, SecurityHeadersExplanation } from '@alfred/security-headers'
import type { RequestedLayers } from '../layers/layer-definition.ts'

/** What {@link hintAtVainSettings} looks at. */
export interface Stack {
  readonly requested: Pick<RequestedLayers, 'alerting' | 'clientKeys' | 'rateLimit'>
  /** Whether the application says who makes a request. */
  readonly knowsUsers: boolean
  readonly built: {
    readonly headers?: Pick<SecurityHeaders, 'explain'> | undefined
    readonly cspReports?: { readonly path: string } | undefined
  }
}

/**
 * Logs what is on and does nothing. These are no errors: a deployment without sinks is a configuration of development,
 * and a proxy or a page may set the policy.
 */
export function hintAtVainSettings({ requested, knowsUsers, built }: Stack, logger: Logger): void {
  const { alerting, clientKeys, rateLimit } = requested
  const perUser = rateLimit && rateLimit.policies?.filter(({ key }) => key === 'user').map(({ name }) => name)
  if (perUser && perUser.length > 0 && !knowsUsers && !clientKeys) {
    logger.warn(
      { policies: perUser },
      "policies with key 'user' count addresses: nobody is known without identify or clientKeys",
    )
  }
  // An empty list was written on purpose, or computed.
  if (alerting && !alerting.errorTracker?.sinks && !alerting.dispatcher?.sinks) {
    logger.info({}, 'alerting has no sinks: nothing is reported. Name some in errorTracker or dispatcher')
  }
  const { cspReports, headers } = built
  if (cspReports && !isReportedTo(cspReports.path, headers)) {
    logger.warn(
      { path: cspReports.path },
      'cspReports receives nothing: no policy of headers has reportUri or reportTo with its path',
    )
  }
}

/**
 * A problem where the policy sends its reports to this server, and to another path than the endpoint's: both were written,
 * and they do not fit. A policy that reports elsewhere, or nowhere, is a choice.
 */
export function reportPathProblems({ cspReports, headers }: Stack['built']): readonly ConfigProblem[] {
  if (!cspReports || !headers || isReportedTo(cspReports.path, headers)) return []
  const { headers: all, overrides } = headers.explain()
  const own = [all, ...overrides.map((override) => override.headers)]
    .flatMap((sent) => sent.map(({ name, value }) => ({ name, value })))
    .flatMap(({ name, value }) =>
      /^content-security-policy/i.test(name)
        ? [...value.matchAll(/(?:^|;)report-uri (\/[^\s;]*)/g)].map(([, path]) => path)
        : [],
    )
    .at(0)
  if (own === undefined) return []
  const message = `must be the path that the policy of headers reports to, ${own}: reports to this one never come.`
  return [{ path: 'cspReports.path', code: 'ALFRED_CONFIG_CONFLICT', message, suggestion: own }]
}

function isReportedTo(path: string, headers: Pick<SecurityHeaders, 'explain'> | undefined): boolean {
  if (!headers) return false
  const { headers: all, overrides } = headers.explain()
  return [all, ...overrides.map((override) => override.headers)].some((sent) => sendsReports(path, sent))
}

function sendsReports(path: string, headers: SecurityHeadersExplanation['headers']): boolean {
  const valuesOf = (name: RegExp): readonly string[] =>
    headers.filter((header) => name.test(header.name)).map(({ value }) => value)
  const groups = valuesOf(/^reporting-endpoints$/i)
    .flatMap((value) => [...value.matchAll(/([^\s,=]+)="([^"]*)"/g)])
    .filter(([, , url]) => pathOf(url) === path)
    .map(([, group]) => group)
  return valuesOf(/^content-security-policy(?:-report-only)?$/i)
    .flatMap((policy) => policy.split(';').map((directive) => directive.trim().split(/\s+/)))
    .some(
      ([name, ...targets]) =>
        (name === 'report-uri' && targets.some((url) => pathOf(url) === path)) ||
        (name === 'report-to' && targets.some((group) => groups.includes(group))),
    )
}

const pathOf = (url = ''): string | undefined => URL.parse(url, 'http://localhost')?.pathname
