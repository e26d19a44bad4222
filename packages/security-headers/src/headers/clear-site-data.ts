import type { ServerResponse } from 'node:http'

/** What a browser can be told to forget about the origin; `*` is everything, also what is yet to come. */
export type SiteData =
  | '*'
  | 'cache'
  | 'clientHints'
  | 'cookies'
  | 'executionContexts'
  | 'prefetchCache'
  | 'prerenderCache'
  | 'storage'

/**
 * Tells the browser, with the answer to a logout, to forget what it keeps of this origin
 * (`Clear-Site-Data`; browsers heed it over TLS alone). The response itself is not cached either.
 *
 * @param kinds - default: cache, cookies and storage
 *
 * @example
 * ```ts
 * import { clearSiteData } from '@alfred/security-headers'
 * import type { ServerResponse } from 'node:http'
 *
 * export function logout(response: ServerResponse): void {
 *   clearSiteData(response)
 *   response.writeHead(204).end()
 * }
 * ```
 */
export function clearSiteData(
  response: ServerResponse,
  kinds: readonly SiteData[] = ['cache', 'cookies', 'storage'],
): void {
  response.setHeader('clear-site-data', kinds.map((kind) => `"${kind}"`).join(', '))
  response.setHeader('cache-control', 'no-store')
}
