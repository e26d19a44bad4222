import type { IncomingMessage } from 'node:http'

/**
 * The schemes of `Authorization` that browsers answer by themselves (IANA's registry of authentication schemes). A page of
 * another site cannot set the field without a preflight; the browser can.
 */
const browserSchemes = /^\s*(?:basic|digest|hoba|mutual|negotiate|ntlm|privatetoken)\b/i

/** What TLS sockets have, and others do not. */
interface CertifiedSocket {
  readonly getPeerCertificate: () => object | null | undefined
}

const mayBeCertified = (socket: object): socket is CertifiedSocket =>
  'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'

/**
 * Whether a request carries what a browser adds without the page: cookies, an answer to HTTP authentication, a
 * client certificate. What a page sets itself, such as `Authorization: Bearer`, is not ambient.
 */
export function hasAmbientCredentials(request: IncomingMessage): boolean {
  const { authorization, cookie } = request.headers
  if (cookie !== undefined && cookie !== '') return true
  if (authorization !== undefined && browserSchemes.test(authorization)) return true
  const { socket } = request
  return mayBeCertified(socket) && Object.keys(socket.getPeerCertificate() ?? {}).length > 0
}
