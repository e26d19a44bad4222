import type { IncomingMessage } from 'node:http'

/** What a request presents: one key, none, or two different ones. */
export type PresentedKey = { readonly text: string } | undefined | 'ambiguous'

const scheme = /^bearer +/i

/**
 * Reads `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`.
 *
 * @param prefix - a bearer token that does not begin with it is somebody else's, such as a session's
 */
export function readPresentedKey({ headers }: IncomingMessage, prefix: string): PresentedKey {
  const { authorization } = headers
  const own = headers['x-api-key']
  let bearer: string | undefined
  if (authorization !== undefined) {
    const start = scheme.exec(authorization)?.[0].length
    const token = start === undefined ? undefined : authorization.slice(start)
    if (token?.startsWith(prefix)) bearer = token
  }
  // Node joins repeated fields of this name into one text, which is no key.
  if (typeof own !== 'string') return bearer === undefined ? undefined : { text: bearer }
  return bearer === undefined || bearer === own ? { text: own } : 'ambiguous'
}
