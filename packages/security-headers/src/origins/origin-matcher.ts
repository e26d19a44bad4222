import { option, type OptionRule, type ProblemReport } from '@alfred/core'
import { matchesPlainHttp, patternFaults } from './origin-pattern.ts'
import { registrableDomain } from './public-suffix.ts'

/**
 * An origin that is trusted: exact (`https://app.example.com`), every subdomain at any depth
 * (`https://*.example.com`, not `example.com` itself), or an anchored expression.
 */
export type TrustedOrigin = string | RegExp

/** Longer than any origin a browser sends: a host name has at most 253 characters. */
const maxOriginLength = 300
const originShape = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._~%[\]:-]+$/
const wildcardShape = /^([a-z][a-z0-9+.-]*:\/\/)\*\.([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(:\d{1,5})?$/

/**
 * Whether `value` is an origin as browsers write it (RFC 6454 section 6.2): lower case, nothing after
 * the host and port. `null` is none.
 */
export function isOrigin(value: string): boolean {
  return value.length <= maxOriginLength && originShape.test(value)
}

/** The rule for one exact origin. */
export const exactOriginRule: OptionRule<string> = (value, report) => {
  if (typeof value !== 'string' || value === '') {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be an origin such as https://app.example.com.')
    return undefined
  }
  if (value.toLowerCase() === 'null') {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not be null: every sandboxed frame and local file has that origin.',
    )
    return undefined
  }
  if (isSocketScheme(value)) {
    reportSocketScheme(value, report)
    return undefined
  }
  const normal = normalOrigin(value)
  if (value === normal) return value
  report.add(
    'ALFRED_CONFIG_OUT_OF_RANGE',
    'must be scheme://host[:port] in lower case, without default port, path or trailing slash.',
    normal,
  )
  return undefined
}

const isSocketScheme = (value: string): boolean => /^wss?:/i.test(value)

/** WebSockets standard: the handshake carries the origin of the page, never one of its own scheme. */
function reportSocketScheme(value: string, report: ProblemReport): void {
  report.add(
    'ALFRED_CONFIG_OUT_OF_RANGE',
    'must not be ws:// or wss://: browsers send the origin of the page that opens the WebSocket.',
    normalOrigin(value.replace(/^ws/i, 'http')),
  )
}

/** The origin of a URL as browsers write it. */
function normalOrigin(url: string): string | undefined {
  const parsed = URL.parse(url)
  if (!parsed || parsed.host === '') return undefined
  // Not `parsed.origin`: schemes of apps and extensions have none to the URL standard, yet browsers send it.
  const origin = `${parsed.protocol}//${parsed.host}`.toLowerCase()
  return isOrigin(origin) ? origin : undefined
}

/** The rule for a {@link TrustedOrigin}. */
export const trustedOriginRule: OptionRule<TrustedOrigin> = (value, report) => {
  if (value instanceof RegExp) return checkPattern(value, report)
  if (value === '*') {
    report.add('ALFRED_CONFIG_UNSAFE', 'must not be *: name the origins that are trusted.')
    return undefined
  }
  if (typeof value === 'string' && value.includes('*')) return checkWildcard(value, report)
  return exactOriginRule(value, report)
}

/** The rule for a list of trusted origins. */
export const trustedOriginsRule = option.list(trustedOriginRule)

function checkWildcard(value: string, report: ProblemReport): string | undefined {
  if (isSocketScheme(value)) {
    reportSocketScheme(value, report)
    return undefined
  }
  const match = wildcardShape.exec(value)
  const domain = match?.[2]
  const sample = value.replace('*', 'any')
  if (domain === undefined || normalOrigin(sample) !== sample) {
    report.add(
      'ALFRED_CONFIG_OUT_OF_RANGE',
      'must be https://*.example.com: one *, for the first label, no default port, no path.',
    )
    return undefined
  }
  if (!domain.includes('.') && domain !== 'localhost') {
    report.add('ALFRED_CONFIG_UNSAFE', 'must not trust a whole top-level domain.')
    return undefined
  }
  if (registrableDomain(domain) === undefined) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not trust a public suffix, under which anybody can register a name; write your own domain.',
    )
    return undefined
  }
  return value
}

function checkPattern(pattern: RegExp, report: ProblemReport): RegExp | undefined {
  const flag = /[gym]/.exec(pattern.flags)?.[0]
  if (flag !== undefined) {
    const why = flag === 'm' ? 'anchors then match at line ends' : 'its answer then depends on the last one'
    report.add('ALFRED_CONFIG_UNSAFE', `must not have the flag ${flag}: ${why}.`)
    return undefined
  }
  const { notAnchored, looseDot, foreignDomain } = patternFaults(pattern, isOrigin)
  if (notAnchored) {
    report.add('ALFRED_CONFIG_UNSAFE', 'must be anchored as a whole: ^…$, alternatives inside a group.')
  }
  if (looseDot) {
    report.add('ALFRED_CONFIG_UNSAFE', 'holds an unescaped ".", which matches any character; write \\.')
  }
  // What is not anchored matches others anyhow.
  if (!notAnchored && !looseDot && foreignDomain) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'matches names that others can register: write the whole domain, with :// or an escaped dot before it.',
    )
  }
  return notAnchored || looseDot || foreignDomain ? undefined : pattern
}

/** Whether a trusted origin is one of plain HTTP, of another machine than this: whoever is on the network can be it. */
export function isPlainHttp(trusted: TrustedOrigin): boolean {
  if (trusted instanceof RegExp) return matchesPlainHttp(trusted) && !isLoopbackPattern(trusted)
  const { protocol, hostname } = URL.parse(trusted.replace('*', 'any')) ?? {}
  return protocol === 'http:' && !isLoopback(hostname ?? '')
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(host)

const isLoopbackPattern = ({ source }: RegExp): boolean =>
  /:\\\/\\\/(?:.*\\\.)?(?:localhost|127\\\.0\\\.0\\\.1|\\\[::1\\\])(?:[:(]|\$|$)/.test(source)

/** Compiles trusted origins into one test. Its argument may be anything a client sent. */
export function createOriginMatcher(trusted: readonly TrustedOrigin[]): (origin: string) => boolean {
  const exact = new Set<string>()
  const patterns: RegExp[] = []
  for (const entry of trusted) {
    if (entry instanceof RegExp) patterns.push(entry)
    else if (entry.includes('*')) patterns.push(compileWildcard(entry))
    else exact.add(entry)
  }
  if (patterns.length === 0) return (origin) => exact.has(origin)
  return (origin) =>
    exact.has(origin) || (isOrigin(origin) && patterns.some((pattern) => pattern.test(origin)))
}

function compileWildcard(entry: string): RegExp {
  const source = entry.replace(/[.+]/g, '\\$&').replace('*', '(?:[a-z0-9_-]+\\.)*[a-z0-9_-]+')
  return new RegExp(`^${source}$`)
}
