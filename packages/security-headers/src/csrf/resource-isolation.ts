import type { IncomingMessage } from 'node:http'

/** What the policy reads, for `Vary`: a cache must not hand one site's answer to another. */
export const isolationHeaders = 'Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site'

/**
 * Whether another site uses the resource in other ways than by linking to it, as the Fetch Metadata
 * resource isolation policy (web.dev/articles/fetch-metadata) decides: from other sites only a
 * navigation by GET passes that is not an `object` or `embed`. Browsers that say nothing pass.
 */
export function violatesIsolation(request: IncomingMessage): boolean {
  const { headers, method } = request
  const site = headers['sec-fetch-site']
  if (
    site === undefined ||
    site === '' ||
    site === 'same-origin' ||
    site === 'same-site' ||
    site === 'none'
  ) {
    return false
  }
  // Preflights carry no cookies, and CORS answers them.
  if (method === 'OPTIONS') return false
  const dest = headers['sec-fetch-dest']
  const navigates = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD')
  return !navigates || dest === 'object' || dest === 'embed'
}
