import type { IncomingMessage, RequestOptions } from 'node:http'
import type { LookupFunction } from 'node:net'
import { AlfredError, createByteCollector } from '@alfred/core'
import { hostRisk } from '../detectors/url/host-risk.ts'
import {
  type PublicFetchOptions,
  resolvePublicFetchOptions,
  type ResolvedPublicFetchOptions,
} from './public-fetch-options.ts'
import { publicLookup } from './public-lookup.ts'

/** How addresses are judged. */
interface Judges {
  readonly lookup: LookupFunction
  readonly isPrivate: (hostname: string) => boolean
}

/** Why nothing was fetched. */
type Reason = 'aborted' | 'port' | 'redirects' | 'scheme' | 'timeout' | 'too-large' | 'url'

const refused = (reason: Reason, hostname?: string): AlfredError =>
  new AlfredError('ALFRED_FETCH_REFUSED', `The address is not fetched: ${reason}.`, { reason, hostname })

const redirects = new Set([301, 302, 303, 307, 308])
const ofOneOrigin = new Set(['authorization', 'cookie', 'proxy-authorization'])
const ofBody = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
])

interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

function judge({ url }: Hop, { schemes, ports }: ResolvedPublicFetchOptions, { isPrivate }: Judges): void {
  const { protocol, hostname } = url
  if (!(schemes as readonly string[]).includes(protocol.slice(0, -1))) throw refused('scheme', hostname)
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port)
  if (!ports.includes(port)) throw refused('port', hostname)
  if (isPrivate(hostname)) {
    throw new AlfredError('ALFRED_VALIDATION_PRIVATE_ADDRESS', 'The host is not public.', { hostname })
  }
}

/** Sends one request. An address is looked up when it is connected to, and at no other time. */
function send(hop: Hop, lookup: LookupFunction, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, method, headers, body } = hop
  // Loaded when something is fetched; a new connection each time, and none through a proxy of the environment.
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const options: RequestOptions = {
    method,
    agent: false,
    lookup,
    signal,
    headers: {
      'accept-encoding': 'identity',
      ...headers,
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  }
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end(body)
  })
}

/** Where a redirect leads, as Fetch says it. */
function follow(hop: Hop, status: number, location: string): Hop {
  const url = URL.parse(location, hop.url)
  if (!url) throw refused('url')
  const isPost = hop.method === 'POST' && (status === 301 || status === 302)
  const becomesGet = isPost || (status === 303 && hop.method !== 'HEAD')
  const dropped = (name: string): boolean =>
    (becomesGet && ofBody.has(name)) || (url.origin !== hop.url.origin && ofOneOrigin.has(name))
  const headers = Object.entries(hop.headers).filter(([name]) => !dropped(name.toLowerCase()))
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: becomesGet ? undefined : hop.body,
  }
}

async function readWhole(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const collector = createByteCollector()
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (collector.length + chunk.length > maxBytes) throw refused('too-large')
    collector.add(chunk)
  }
  return collector.take()
}

/** Statuses whose responses have no body. */
const withoutBody = new Set([204, 205, 304])

function toResponse(
  { statusCode: status = 502, statusMessage, rawHeaders }: IncomingMessage,
  body: Buffer,
): Response {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  const content = withoutBody.has(status) ? null : new Uint8Array(body)
  return new Response(content, { status, statusText: statusMessage ?? '', headers })
}

/** Builds the fetch that judges addresses in this way. */
export const createPublicFetch =
  (judges: Judges) =>
  async (address: string | URL, options?: PublicFetchOptions): Promise<Response> => {
    const resolved = resolvePublicFetchOptions(options)
    const { method, headers, body, maxRedirects, maxBytes, timeoutMs, clock, signal } = resolved
    const url = URL.parse(String(address))
    if (!url) throw refused('url')
    const abort = new AbortController()
    const timer = clock.setTimeout(() => {
      abort.abort(refused('timeout'))
    }, timeoutMs)
    const stop = (): void => {
      abort.abort(refused('aborted'))
    }
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      let hop: Hop = { url, method, headers, body }
      for (let count = 0; ; count++) {
        judge(hop, resolved, judges)
        const answer = await send(hop, judges.lookup, abort.signal)
        const { statusCode = 0 } = answer
        const { location } = answer.headers
        if (maxRedirects === 0 || !redirects.has(statusCode) || location === undefined) {
          try {
            return toResponse(answer, await readWhole(answer, maxBytes))
          } finally {
            answer.destroy()
          }
        }
        answer.destroy()
        if (count === maxRedirects) throw refused('redirects')
        hop = follow(hop, statusCode, location)
      }
    } catch (error) {
      throw abort.signal.aborted ? (abort.signal.reason as Error) : error
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', stop)
    }
  }

/**
 * Fetches what a client named, from public addresses alone: the first address and each redirect are judged by scheme, port and
 * host, and by the addresses that the name has at the moment of connecting. The answer is read whole, within bounds. Proxies of the
 * environment are not used.
 *
 * `fetch(url, { lookup })` ignores its second half: this one does not.
 *
 * @returns a `Response`. With `maxRedirects: 0` a redirect is returned as it came
 * @throws `AlfredError` `ALFRED_VALIDATION_PRIVATE_ADDRESS` for an address that is not public, `ALFRED_FETCH_REFUSED` with a `reason`
 *   for other addresses and answers; `AlfredConfigError` naming every refused option
 *
 * @example
 * ```ts
 * import { publicFetch } from '@alfred/input-validation'
 *
 * const response = await publicFetch('https://example.com/feed.xml', { schemes: ['https'], maxBytes: 2 ** 20 })
 * console.log(response.status, await response.text())
 * ```
 */
export const publicFetch = createPublicFetch({
  lookup: publicLookup,
  isPrivate: (hostname) => hostRisk(hostname) !== undefined,
})
