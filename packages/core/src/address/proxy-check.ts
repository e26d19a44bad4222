import type { IncomingMessage } from 'node:http'
import type { EventBus } from '../events/events.ts'
import type { Logger } from '../logger.ts'
import { headerList, namedClient, peerAddress } from './client-address.ts'
import { parseForwardedNode } from './forwarded-node.ts'
import { parseAddress } from './parse-address.ts'
import { isPrivateNetwork } from './private-network.ts'
import type { ProxyProblem } from '../events/proxy-problem.ts'
import { compileTrust, trustParts, type TrustProxy } from './trust-proxy.ts'

/** A fault of the set-up that requests have shown. */
export interface ProxyFinding {
  readonly problem: ProxyProblem
  /** What is wrong, what follows from it, and what to set. */
  readonly message: string
}

/** Looks at requests for signs that `trustProxy` does not fit what stands in front of the server. */
export interface ProxyCheck {
  observe(request: IncomingMessage): void
  /** What was found since the start, each problem once. */
  findings(): readonly ProxyFinding[]
}

/** What {@link createProxyCheck} needs. */
export interface ProxyCheckOptions {
  readonly trustProxy: TrustProxy
  readonly logger: Logger
  readonly events: EventBus
}

/** All of the first requests are looked at, then one in so many. */
const firstRequests = 1000
const oneIn = 64

/**
 * A scanner may send `X-Forwarded-For` to any server. So many requests in a row with it, from peers of the
 * public internet, are a proxy.
 */
const publicPeersInRow = 50

/** Whether an address is one of a private network or of this machine: where proxies mostly are, and clients are not. */
function isInside(address: string): boolean {
  const parsed = parseAddress(address)
  return parsed !== undefined && isPrivateNetwork(parsed)
}

const isPublic = (address: string | undefined): boolean => address !== undefined && !isInside(address)

/**
 * Builds the check. Each problem is told once, by a warning and the event `proxy.misconfigured`: a client can
 * cause some of them on purpose, which costs it nothing and us one line.
 *
 * @example
 * ```ts
 * import { createEventBus, createProxyCheck, noopLogger } from '@alfred/core'
 * import { createServer } from 'node:http'
 *
 * const check = createProxyCheck({ trustProxy: 1, logger: noopLogger, events: createEventBus(noopLogger) })
 * createServer((request, response) => {
 *   check.observe(request)
 *   response.end(check.findings().map(({ message }) => message).join('\n'))
 * })
 * ```
 */
export function createProxyCheck({ trustProxy, logger, events }: ProxyCheckOptions): ProxyCheck {
  const trust = compileTrust(trustProxy)
  const { proxies, clientAddressHeader } = trustParts(trustProxy)
  const hops = typeof proxies === 'number' ? proxies : undefined
  const found = new Map<ProxyProblem, ProxyFinding>()
  let seen = 0
  let publicInRow = 0

  const tell = (problem: ProxyProblem, message: string): void => {
    if (found.has(problem)) return
    found.set(problem, { problem, message })
    logger.warn({ problem }, message)
    events.emit('proxy.misconfigured', { problem })
  }

  const onUntrusted = (peer: string, forwarded: string | undefined): void => {
    if (forwarded === undefined) {
      publicInRow = 0
      return
    }
    if (!isInside(peer) && ++publicInRow < publicPeersInRow) return
    const set = trust ? `add ${peer} to trustProxy` : `set trustProxy to the number of proxies, or to ${peer}`
    tell(
      'untrusted-forwarded-for',
      `${peer} sends X-Forwarded-For and is not trusted, so all of its clients count as that one address. If it is your proxy, ${set}.`,
    )
  }

  const onTrusted = (peer: string, forwarded: string | undefined): void => {
    if (forwarded === undefined) {
      if (hops === undefined || !isPublic(peer)) return
      tell(
        'proxy-bypassed',
        `${peer} asked without X-Forwarded-For although trustProxy says that ${String(hops)} proxies stand in front. Clients that reach the server directly can choose their address: close its port to them, or set trustProxy to your proxies' addresses.`,
      )
      return
    }
    const entries = forwarded.split(',').map(parseForwardedNode)
    if (hops !== undefined && entries.length < hops) {
      tell(
        'hop-count-too-large',
        `trustProxy is ${String(hops)} but X-Forwarded-For came with ${String(entries.length)} addresses. Clients can choose their address: set trustProxy to ${String(entries.length)}.`,
      )
      return
    }
    const client = entries.findLastIndex((entry, index) => {
      const hop = entries.length - index
      return !trust?.(entry, hop)
    })
    const address = entries[client]
    if (address === undefined || !isInside(address) || !isPublic(entries[client - 1])) return
    if (hops === undefined) {
      tell(
        'proxy-not-listed',
        `${address} forwards requests of other addresses and is not in trustProxy, so all of its clients count as that one address. If it is your proxy, add it.`,
      )
      return
    }
    tell(
      'hop-count-too-small',
      `trustProxy is ${String(hops)}, which makes ${address}, an address of a private network, the client of requests that come from farther away. If it is your proxy, set trustProxy to ${String(hops + 1)}.`,
    )
  }

  return {
    observe(request) {
      if (++seen > firstRequests && seen % oneIn !== 0) return
      const peer = peerAddress(request)
      if (peer === undefined) return
      const forwarded = headerList(request, 'x-forwarded-for')
      if (trust?.(peer, 0)) {
        if (namedClient(request, clientAddressHeader) === undefined) onTrusted(peer, forwarded)
      } else onUntrusted(peer, forwarded)
    },
    findings: () => [...found.values()],
  }
}
