import type { IncomingMessage } from 'node:http'

/** `originalUrl` is what Express and Connect keep of the URL when they mount at a prefix; `baseUrl` what Express cut off. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string; readonly baseUrl?: unknown }

/** Scheme and authority of the absolute form (RFC 9112 section 3.2.2). */
const schemeAndAuthority = /^https?:\/\/[^/?#]*/i

/** The request target of RFC 9112 as the client sent it, also under a mount. */
export const requestTarget = (request: IncomingMessage): string =>
  (request as MountedRequest).originalUrl ?? request.url ?? '/'

/** The path of a request target: its text without query, and in absolute form after the authority. */
export function targetPath(target: string): string {
  const isOriginForm = target.charCodeAt(0) === 0x2f /* / */
  const start = isOriginForm ? 0 : (schemeAndAuthority.exec(target)?.[0].length ?? 0)
  const query = target.indexOf('?', start)
  const path = target.slice(start, query === -1 ? undefined : query)
  return path === '' ? '/' : path
}

/** The request's path as the client sent it, without query, also under a mount and in absolute form. */
export const requestPath = (request: IncomingMessage): string => targetPath(requestTarget(request))

/**
 * The path that the router is given. It is the one that was sent, unless something in front of the caller rewrote the
 * URL, or Connect cut off a mount, which cannot be told from that.
 */
export function routedPath(request: IncomingMessage): string {
  const { originalUrl, url, baseUrl } = request as MountedRequest
  const sent = requestPath(request)
  if (originalUrl === undefined || url === undefined || url === originalUrl) return sent
  const routed = (typeof baseUrl === 'string' ? baseUrl : '') + targetPath(url)
  // A router that is mounted at the whole path sees `/`.
  return routed === `${sent}/` ? sent : routed
}
