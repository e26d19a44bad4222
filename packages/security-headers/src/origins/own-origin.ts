import type { IncomingMessage } from 'node:http'
import { createClientAddressResolver, headerList, type TrustProxy } from '@alfred/core'

/** Whether `origin` is the one that the request was sent to. */
export type OwnOrigin = (origin: string, request: IncomingMessage) => boolean

/** What tells a server its own origins. */
export interface OwnOriginOptions {
  /** Its origins as browsers know them. */
  readonly publicOrigins: readonly string[]
  /** The proxies whose `X-Forwarded-Host` is believed. */
  readonly trustProxy: TrustProxy
}

/**
 * Builds the comparison of `Origin` with the host that a request was sent to: with the public origins, with `Host`, and with
 * the `X-Forwarded-Host` of a trusted peer. A page cannot set either header of a request without asking first, so what
 * matters is that the texts are the same. The scheme is not compared: a server behind a proxy does not reliably know its
 * own. Its default port is the same as none.
 */
export function createOwnOrigin({ publicOrigins, trustProxy }: OwnOriginOptions): OwnOrigin {
  const origins = new Set(publicOrigins)
  const proxies = trustProxy === false ? undefined : createClientAddressResolver(trustProxy)
  return (origin, request) => {
    if (origins.has(origin)) return true
    const scheme = origin.indexOf('://')
    if (scheme <= 0) return false
    const named = origin.slice(scheme + 3)
    const defaultPort = defaultPorts.get(origin.slice(0, scheme))
    const isNamed = (host: unknown): boolean =>
      typeof host === 'string' &&
      (host.toLowerCase() === named ||
        (defaultPort !== undefined && host.toLowerCase() === named + defaultPort))
    const { host, ':authority': authority } = request.headers
    // HTTP/2 carries it as a pseudo-header.
    if (named !== '' && isNamed(host ?? authority)) return true
    if (!proxies?.trustsPeer(request)) return false
    // The nearest proxy appends; what stands before is a client's.
    const forwarded = headerList(request, 'x-forwarded-host')?.split(',').at(-1)?.trim()
    return named !== '' && isNamed(forwarded)
  }
}

const defaultPorts: ReadonlyMap<string, string> = new Map([
  ['http', ':80'],
  ['https', ':443'],
])
