import type { IncomingMessage } from 'node:http'

/** The host that a request names, with its port: `:authority` of HTTP/2, else the `Host` header. `X-Forwarded-Host` is not read. */
export function requestHost({ headers }: IncomingMessage): string | undefined {
  const authority = headers[':authority']
  return typeof authority === 'string' ? authority : headers.host
}
