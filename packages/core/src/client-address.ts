import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type ProxyAddr from 'proxy-addr'
import type { OptionRule } from './option-rules.ts'
import { requestContext } from './request-context.ts'

/**
 * Which peers may say, by `X-Forwarded-For` and `X-Forwarded-Proto`, on whose behalf they ask:
 * `false` nobody, a number the last so many hops, or the addresses and ranges of the proxies
 * (`'loopback'`, `'10.0.0.0/8'`).
 */
export type TrustProxy = false | number | string | readonly string[]

type Trust = (address: string, hop: number) => boolean

let loaded: typeof ProxyAddr | undefined

/** proxy-addr, loaded where proxies are trusted: importing it takes longer than importing everything else here. */
const proxyAddr = (): typeof ProxyAddr =>
  (loaded ??= createRequire(import.meta.url)('proxy-addr') as typeof ProxyAddr)

/** The rule for a `trustProxy` option. `true` is refused: it lets every client choose its address. */
export const trustProxyRule: OptionRule<TrustProxy> = (value, report) => {
  if (value === false) return value
  if (value === true) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not be true: any client could then choose its address. Give the number of proxies or their addresses.',
    )
    return undefined
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  const list = typeof value === 'string' ? [value] : value
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) {
    try {
      proxyAddr().compile(list)
      return typeof value === 'string' ? value : list
    } catch {
      report.add(
        'ALFRED_CONFIG_OUT_OF_RANGE',
        'must hold addresses, CIDR ranges, loopback, linklocal or uniquelocal.',
      )
      return undefined
    }
  }
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be false, a number of hops, or a list of addresses.')
  return undefined
}

/** Whether a peer, or the address a number of hops before it, is one of the trusted proxies; `undefined` when none is. */
export function compileTrust(trustProxy: TrustProxy): Trust | undefined {
  if (trustProxy === false || trustProxy === 0) return undefined
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy
  return proxyAddr().compile(typeof trustProxy === 'string' ? trustProxy : [...trustProxy])
}

/** Reads who a request comes from. */
export interface ClientAddressResolver {
  /** The client's address, IPv4-mapped ones unwrapped; `undefined` when there is none (a Unix socket). */
  address(request: IncomingMessage): string | undefined
  /** Whether the client's connection is encrypted, up to the outermost trusted proxy. */
  isSecure(request: IncomingMessage): boolean
}

const mappedPrefix = '::ffff:'

/** An address without the IPv6 form that a dual-stack socket gives an IPv4 one. */
export function unwrapAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  if (address.startsWith(mappedPrefix) && address.includes('.')) return address.slice(mappedPrefix.length)
  return address
}

/** Builds the one resolver of client addresses; it answers once per request and remembers it there. */
export function createClientAddressResolver(trustProxy: TrustProxy): ClientAddressResolver {
  const trust = compileTrust(trustProxy)
  const read = trust && proxyAddr()

  const resolveAddress = (request: IncomingMessage): string | undefined => {
    const peer = unwrapAddress(request.socket.remoteAddress)
    if (!trust || !read || request.headers['x-forwarded-for'] === undefined) return peer
    const claimed = unwrapAddress(read(request, trust))
    // A trusted proxy may still pass on rubbish; then the proxy itself is who we talk to.
    return claimed !== undefined && isIP(claimed) !== 0 ? claimed : peer
  }

  const claimsSecure = (request: IncomingMessage): boolean => {
    const peer = request.socket.remoteAddress
    if (!trust || peer === undefined || !trust(peer, 0)) return false
    const claimed = request.headers['x-forwarded-proto']
    const first = typeof claimed === 'string' ? claimed.split(',', 1)[0] : undefined
    return first?.trim().toLowerCase() === 'https'
  }

  return {
    address(request) {
      const context = requestContext(request)
      return (context.clientAddress ??= resolveAddress(request))
    },
    isSecure(request) {
      // Seen quicker than remembered.
      if ('encrypted' in request.socket) return true
      if (!trust) return false
      const context = requestContext(request)
      return (context.secure ??= claimsSecure(request))
    },
  }
}
