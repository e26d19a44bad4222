import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { option, type OptionRule } from '@alfred/core'

/**
 * Who may scrape: bearers of a token; processes of this machine that ask directly, not through a proxy
 * (`loopback`); peers of some networks that ask directly (`cidrs`); whoever comes to a port that only
 * operators reach (`localPort`); everybody (`open`); or whom a function lets in.
 */
export type ScrapeAccess =
  | { readonly token: string }
  | { readonly cidrs: readonly string[] }
  | { readonly localPort: number }
  | 'loopback'
  | 'open'
  | ((request: IncomingMessage) => boolean)

/** Shorter tokens can be guessed. */
const shortestToken = 16

const tokenRule = option.object<{ readonly token: string }>(
  {
    token: option.string({
      // RFC 6750 section 2.1: what a Bearer credential consists of.
      pattern: new RegExp(`^[A-Za-z0-9._~+/-]{${String(shortestToken)},}=*$`),
      hint: `at least ${String(shortestToken)} letters, digits or -._~+/`,
    }),
  },
  { required: ['token'] },
)

/** `192.0.2.0/24` as the arguments of a block list; `undefined` when it is none. */
function parseCidr(cidr: string): readonly [string, number, 'ipv4' | 'ipv6'] | undefined {
  const [, address = '', prefix = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(cidr) ?? []
  const family = isIP(address)
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return undefined
  return [address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6']
}

const cidrRule: OptionRule<string> = (value, report) => {
  if (typeof value === 'string' && parseCidr(value) !== undefined) return value
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be a network such as 10.0.0.0/8.')
  return undefined
}

const cidrsRule = option.object<{ readonly cidrs: readonly string[] }>(
  { cidrs: option.list(cidrRule, { min: 1 }) },
  { required: ['cidrs'] },
)

const localPortRule = option.object<{ readonly localPort: number }>(
  { localPort: option.integer({ min: 1, max: 65_535 }) },
  { required: ['localPort'] },
)

/** Chooses the rule by the key that is there, so that what is wrong with it is said in its own words. */
const objectAccessRule: OptionRule<ScrapeAccess> = (value, report) => {
  if (typeof value !== 'object' || value === null) return tokenRule(value, report)
  if ('cidrs' in value) return cidrsRule(value, report)
  return 'localPort' in value ? localPortRule(value, report) : tokenRule(value, report)
}

export const scrapeAccessRule: OptionRule<ScrapeAccess> = option.anyOf<ScrapeAccess>(
  "'loopback', 'open', { token }, { cidrs }, { localPort } or a function",
  option.oneOf('loopback', 'open'),
  option.function<(request: IncomingMessage) => boolean>(),
  objectAccessRule,
)

/** Whether a request may scrape; `unauthorised` when credentials would change that. */
export type ScrapeVerdict = 'allowed' | 'unauthorised' | 'forbidden'

/** Fields that a proxy adds: with one of them a loopback peer speaks for somebody else. */
const forwardingFields = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

const loopback = /^(?:127\.|::1$|::ffff:127\.)/

/** Whether the request comes from its peer itself. */
const isDirect = ({ headers }: IncomingMessage): boolean =>
  !forwardingFields.some((field) => headers[field] !== undefined)

function createNetworkTest(cidrs: readonly string[]): (address: string) => boolean {
  const networks = new BlockList()
  for (const cidr of cidrs) {
    const parsed = parseCidr(cidr)
    if (parsed) networks.addSubnet(...parsed)
  }
  return (address) => {
    const plain = address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address
    return isIP(plain) !== 0 && networks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compiles a {@link ScrapeAccess}; a token is kept as its digest alone. */
export function createScrapeGuard(access: ScrapeAccess): (request: IncomingMessage) => ScrapeVerdict {
  if (access === 'open') return () => 'allowed'
  if (access === 'loopback') {
    return (request) =>
      loopback.test(request.socket.remoteAddress ?? '') && isDirect(request) ? 'allowed' : 'forbidden'
  }
  if (typeof access === 'function') return (request) => (access(request) ? 'allowed' : 'forbidden')
  if ('localPort' in access) {
    return ({ socket }) => (socket.localPort === access.localPort ? 'allowed' : 'forbidden')
  }
  if ('cidrs' in access) {
    const isInside = createNetworkTest(access.cidrs)
    return (request) =>
      isInside(request.socket.remoteAddress ?? '') && isDirect(request) ? 'allowed' : 'forbidden'
  }
  const expected = digest(access.token)
  return ({ headers }) => {
    const [, given] = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '') ?? []
    return given !== undefined && timingSafeEqual(digest(given), expected) ? 'allowed' : 'unauthorised'
  }
}
