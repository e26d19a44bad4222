import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Fields that frame, describe, cache or replace the body that was planned. Node throws for `Trailer` beside a
 * `Content-Length`; clients take `Transfer-Encoding` beside it for an attack. Proxies send a file for the last three.
 */
const bodyFields: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'digest',
  'etag',
  'expires',
  'last-modified',
  'repr-digest',
  'sourcemap',
  'surrogate-control',
  'trailer',
  'transfer-encoding',
  'x-sourcemap',
  'x-accel-redirect',
  'x-lighttpd-send-file',
  'x-sendfile',
])

/** `CDN-Cache-Control` and its kind (RFC 9213) win over `Cache-Control`. */
function isOfBody(name: string): boolean {
  if (bodyFields.has(name) || name.endsWith('cache-control')) return true
  return name.startsWith('content-') && !name.startsWith('content-security-policy')
}

/**
 * Prepares a response that has not begun for another body than was planned: removes the fields of that body, and the
 * reason phrase. Other fields stay.
 */
export function startOver(request: IncomingMessage, response: ServerResponse): void {
  for (const name of headerNames(response)) {
    if (isOfBody(name)) response.removeHeader(name)
  }
  // HTTP/2 has none, and warns where one is written.
  if (request.httpVersionMajor < 2) response.statusMessage = ''
}

/** The stand-in for a response that engine.io hands to middleware of a WebSocket handshake has no such method. */
const headerNames = (response: Partial<Pick<ServerResponse, 'getHeaderNames'>>): readonly string[] =>
  response.getHeaderNames?.() ?? []
