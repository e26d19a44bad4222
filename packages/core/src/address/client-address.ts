import type { IncomingMessage } from 'node:http'
import { type RequestContext, requestContext } from '../request/request-context.ts'
import { parseForwardedNode } from './forwarded-node.ts'
import { canonicalAddress } from './parse-address.ts'
import { compileTrust, type Trust, trustParts, type TrustProxy } from './trust-proxy.ts'

/** Reads who a request comes from. */
export interface ClientAddressResolver {
  /**
   * The client's address in its usual spelling, IPv4-mapped ones unwrapped, without port and zone; `undefined` when
   * there is none (a Unix socket).
   */
  address(request: IncomingMessage): string | undefined
  /** Whether the client's connection is encrypted, up to the outermost trusted proxy. */
  isSecure(request: IncomingMessage): boolean
  /** Whether the peer of the connection is a trusted proxy: the condition for believing any header it sends. */
  trustsPeer(request: IncomingMessage): boolean
}

/** The address at the other end of the connection; `undefined` for a Unix socket. */
export const peerAddress = ({ socket }: IncomingMessage): string | undefined =>
  canonicalAddress(socket.remoteAddress)

/** A header field as one list, in the order of its lines; `undefined` when it is absent. */
export function headerList({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

/**
 * The client, as the chain of trusted proxies names it, and how many entries of `X-Forwarded-For` lead to it. An entry that
 * names nobody leaves the last proxy before it: a client that can spoil its entry gets no address of its choice.
 */
function resolveClient(
  request: IncomingMessage,
  trust: Trust,
): { address: string | undefined; hops: number } {
  const peer = peerAddress(request)
  const forwarded = headerList(request, 'x-forwarded-for')
  if (forwarded === undefined || !trust(peer, 0)) return { address: peer, hops: 0 }
  let address = peer
  let end = forwarded.length
  // Each proxy appends whom it was asked by, so the list is read from its end.
  for (let hops = 1; ; hops++) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1)
    const named = parseForwardedNode(forwarded.slice(comma + 1, end))
    address = named ?? address
    if (comma === -1 || !trust(named, hops)) return { address, hops }
    end = comma
  }
}

/**
 * The client as a trusted peer names it in a field of its own; `undefined` where it does not. A field that came twice is
 * no address: which of the two the proxy wrote is not known.
 */
export function namedClient(request: IncomingMessage, header: string | undefined): string | undefined {
  const value = header === undefined ? undefined : headerList(request, header)
  return value === undefined ? undefined : parseForwardedNode(value)
}

/** Schemes of encrypted connections; Traefik names the one of WebSockets. */
const secureSchemes = new Set(['https', 'wss'])

/** Of several values the one of the proxy that the client asked; proxies that say it once say it for all. */
function claimsSecure(claimed: string, hops: number): boolean {
  const values = claimed.split(',')
  const value = values.at(-Math.max(hops, 1)) ?? values[0] ?? ''
  return secureSchemes.has(value.trim().toLowerCase())
}

/**
 * Builds the one resolver of client addresses; it answers once per request and remembers it there, also for other
 * resolvers with the same `trustProxy`.
 */
export function createClientAddressResolver(trustProxy: TrustProxy): ClientAddressResolver {
  const trust = compileTrust(trustProxy)
  const { clientAddressHeader } = trustParts(trustProxy)
  const ownTrust = trust ? JSON.stringify(trustProxy) : 'false'

  /** The context, without what somebody read there who trusts others. */
  const contextOf = (request: IncomingMessage): RequestContext => {
    const context = requestContext(request)
    if (context.addressTrust !== ownTrust) {
      if (context.addressTrust !== undefined) {
        context.clientAddress = undefined
        context.secure = undefined
      }
      context.addressTrust = ownTrust
    }
    return context
  }

  if (!trust) {
    return {
      address: (request) => (contextOf(request).clientAddress ??= peerAddress(request)),
      // Seen quicker than remembered.
      isSecure: ({ socket }) => 'encrypted' in socket,
      trustsPeer: () => false,
    }
  }

  const resolveSecure = (request: IncomingMessage): boolean => {
    const claimed = headerList(request, 'x-forwarded-proto')
    if (!claimed || !trust(peerAddress(request), 0)) return 'encrypted' in request.socket
    return claimsSecure(claimed, resolveClient(request, trust).hops)
  }

  const resolveAddress = (request: IncomingMessage): string | undefined => {
    const named = trust(peerAddress(request), 0) ? namedClient(request, clientAddressHeader) : undefined
    return named ?? resolveClient(request, trust).address
  }

  return {
    address(request) {
      const context = contextOf(request)
      return (context.clientAddress ??= resolveAddress(request))
    },
    isSecure(request) {
      const context = contextOf(request)
      return (context.secure ??= resolveSecure(request))
    },
    trustsPeer: (request) => trust(peerAddress(request), 0),
  }
}
