import type { IncomingMessage } from 'node:http'

/**
 * Whether `origin` names the host the request was sent to. The scheme is not compared: a server behind
 * a proxy does not reliably know its own. A browser chooses neither header freely, so what matters is
 * that the texts are the same, not that they are well-formed.
 */
export function isSameHost(origin: string, request: IncomingMessage): boolean {
  // HTTP/2 carries it as a pseudo-header.
  const host = request.headers.host ?? request.headers[':authority']
  if (typeof host !== 'string' || host === '') return false
  const scheme = origin.indexOf('://')
  return scheme > 0 && origin.slice(scheme + 3) === host.toLowerCase()
}
