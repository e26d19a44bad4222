import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  type AddressList,
  createAddressList,
  createGuardedFunction,
  exemptAddressListRule,
  type Logger,
  option,
  readBoolean,
  type Rule,
} from '@alfred/core'

/**
 * Who may scrape: bearers of a token; processes of this machine that ask directly, not through a proxy
 * (`loopback`); peers of some networks that ask directly (`cidrs`); whoever comes to a port that only
 * operators reach (`localPort`); everybody (`open`); or those for whom a function returns `true`, at once.
 */
export type ScrapeAccess =
  | {
      /** What its bearers show, of at least 16 characters. */
      readonly token: string
    }
  | {
      /** The networks of its peers. */
      readonly cidrs: readonly string[]
    }
  | {
      /** The port that they come to. */
      readonly localPort: number
    }
  | 'loopback'
  | 'open'
  | ((request: IncomingMessage) => boolean)

/** Shorter tokens can be guessed. */
const minTokenLength = 16

const tokenRule = option.object({
  token: option.string({
    // RFC 6750 section 2.1: what a Bearer credential consists of.
    pattern: new RegExp(`^[A-Za-z0-9._~+/-]{${String(minTokenLength)},}=*$`),
    hint: `at least ${String(minTokenLength)} letters, digits or -._~+/`,
  }),
})

const cidrsRule = option.object({
  cidrs: exemptAddressListRule.refine(({ length }) => length > 0, 'must have at least one entry.'),
})

const localPortRule = option.object({ localPort: option.integer({ min: 1, max: 65_535 }) })

/** Chooses the rule by the key that is there, so that what is wrong with it is said in its own words. */
const objectAccessRule = option.custom<Exclude<ScrapeAccess, 'loopback' | 'open'>>((value, report) => {
  if (typeof value !== 'object' || value === null) return tokenRule(value, report)
  if ('cidrs' in value) return cidrsRule(value, report)
  return 'localPort' in value ? localPortRule(value, report) : tokenRule(value, report)
})

/** The rule for an `access` option. */
export const scrapeAccessRule: Rule<ScrapeAccess> = option.anyOf(
  "'loopback', 'open', { token }, { cidrs }, { localPort } or a function",
  option.oneOf('loopback', 'open'),
  option.syncFunction<(request: IncomingMessage) => boolean>(),
  objectAccessRule,
)

/** Whether a request may scrape; `unauthorised` when credentials would change that. */
export type ScrapeVerdict = 'allowed' | 'unauthorised' | 'forbidden'

/** Fields that a proxy adds: with one of them a loopback peer speaks for somebody else. */
const forwardingFields = new Set([
  'cf-connecting-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'forwarded',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-real-ip',
])

const isForwardingField = (name: string): boolean =>
  forwardingFields.has(name) || name.startsWith('x-forwarded-') || name.startsWith('x-original-')

const loopback = createAddressList(['127.0.0.0/8', '::1'])

/** Whether the request comes from its peer itself. */
const isDirect = ({ headers }: IncomingMessage): boolean => !Object.keys(headers).some(isForwardingField)

/** Whether one of these addresses asks, for itself. A Unix socket has no address, and is none of them. */
const isDirectFrom = (addresses: AddressList, request: IncomingMessage): boolean =>
  addresses.has(request.socket.remoteAddress ?? '') && isDirect(request)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compiles a {@link ScrapeAccess}; a token is kept as its digest alone. */
export function createScrapeGuard(
  access: ScrapeAccess,
  logger: Logger,
): (request: IncomingMessage) => ScrapeVerdict {
  if (access === 'open') return () => 'allowed'
  if (access === 'loopback') {
    return (request) => (isDirectFrom(loopback, request) ? 'allowed' : 'forbidden')
  }
  if (typeof access === 'function') {
    const mayScrape = createGuardedFunction({
      name: 'metrics.access',
      call: access,
      read: (answer) => readBoolean('metrics.access', answer),
      fallback: false,
      consequence: 'the scrape is refused',
      logger,
    })
    return (request) => (mayScrape(request) ? 'allowed' : 'forbidden')
  }
  if ('localPort' in access) {
    return ({ socket }) => (socket.localPort === access.localPort ? 'allowed' : 'forbidden')
  }
  if ('cidrs' in access) {
    const networks = createAddressList(access.cidrs)
    return (request) => (isDirectFrom(networks, request) ? 'allowed' : 'forbidden')
  }
  const expected = digest(access.token)
  return ({ headers }) => {
    const [, token] = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '') ?? []
    return token !== undefined && timingSafeEqual(digest(token), expected) ? 'allowed' : 'unauthorised'
  }
}
