import { option, readOptions } from '@alfred/core'
import type { ZodString } from 'zod'
import { hostRisk } from '../detectors/url/host-risk.ts'
import { valueThreshold } from '../detectors/text/finding.ts'
import { createInspection } from '../inspection/inspection.ts'
import { inspectedString, type StringResult } from './inspected-string.ts'

/** Options of `url`. */
export interface UrlOptions {
  /** Without the colon. @default ['https', 'http'] */
  readonly schemes?: readonly string[] | undefined
  /** The only hosts that may be named; `*.example.com` means every name below it. @default every public one */
  readonly hosts?: readonly string[] | undefined
  /** The only ports that may be named; those of the schemes are 443 and 80. @default every one */
  readonly ports?: readonly number[] | undefined
  /**
   * Whether hosts that are no public ones may be named: private networks, this machine, clouds' metadata services, names
   * made for DNS rebinding. What the server fetches from there is handed to the client.
   * @default false
   */
  readonly allowPrivateHosts?: boolean | undefined
  /** The most characters. @default 2048 */
  readonly maxLength?: number | undefined
}

const host = option.string({
  pattern: /^(?:\*\.)?[a-z0-9.-]{1,253}$|^\[[0-9a-f:.]{2,45}\]$/,
  hint: 'a host in lower case (xn-- for other scripts), such as example.com or *.example.com',
})

const optionsRule = option.objectOf<UrlOptions>({
  schemes: option.list(
    option.string({ pattern: /^[a-z][a-z0-9+.-]{0,31}$/, hint: 'a scheme without the colon' }),
    { min: 1 },
  ),
  hosts: option.list(host, { min: 1 }),
  ports: option.list(option.integer({ min: 1, max: 65_535 }), { min: 1 }),
  allowPrivateHosts: option.boolean(),
  maxLength: option.integer({ min: 1, max: 65_536 }),
})

/** Schemes without a port of their own have none, which is on no list. */
function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : protocol === 'http:' ? 80 : 0
}

function matchesHost(hostname: string, allowed: string): boolean {
  if (!allowed.startsWith('*.')) return hostname === allowed
  return hostname.endsWith(allowed.slice(1)) && hostname.length > allowed.length - 1
}

/**
 * A URL of one of the schemes, with a public host or one of `hosts`, and without user name and password. The value is
 * the URL as the WHATWG URL Standard writes it, so that whoever reads it next reads the same host as was judged.
 *
 * A public name may still resolve to a private address. Fetch it by `publicFetch`, which looks at the addresses
 * themselves and judges each redirect.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { url } from '@alfred/input-validation'
 *
 * url({ schemes: ['https'] }).parse('https://example.com/a?b=c')
 * url({ hosts: ['*.example.com'] }).safeParse('http://169.254.169.254/').success // false
 * ```
 */
export function url(options: UrlOptions = {}): ZodString {
  const {
    schemes = ['https', 'http'],
    hosts,
    ports,
    allowPrivateHosts = false,
    maxLength = 2048,
  } = readOptions('url', options, optionsRule)
  const protocols = new Set(schemes.map((scheme) => `${scheme}:`))
  const accept = (text: string): StringResult => {
    const parsed = URL.parse(text)
    if (!parsed || !protocols.has(parsed.protocol) || parsed.hostname === '') return 'wrong-format'
    if (parsed.username !== '' || parsed.password !== '') return 'wrong-format'
    const { hostname } = parsed
    if (ports && !ports.includes(portOf(parsed))) return 'host-not-allowed'
    if (
      hosts
        ? !hosts.some((allowed) => matchesHost(hostname, allowed))
        : !allowPrivateHosts && hostRisk(hostname) !== undefined
    )
      return 'host-not-allowed'
    return { text: parsed.href }
  }
  return inspectedString({
    size: { maxLength, minLength: 1 },
    accept,
    inspect: createInspection({
      kind: 'url',
      threshold: valueThreshold,
      showsCode: false,
      actions: { secret: 'flag', unicode: 'reject' },
    }),
  })
}
