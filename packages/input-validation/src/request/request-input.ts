import type { RequestPart } from './errors/validation-error.ts'
import type { IncomingMessage } from 'node:http'

/** What Express and body parsers add to a request. */
type ParsedRequest = IncomingMessage & {
  readonly body?: unknown
  readonly params?: unknown
  readonly originalUrl?: string
}

/** The query of a request, or the name of the parameter that is there more often than it may be. */
export type QueryInput =
  { readonly value: Readonly<Record<string, string | readonly string[]>> } | { readonly repeated: string }

/**
 * Reads the query as the WHATWG URL Standard reads `application/x-www-form-urlencoded`. The result has no
 * prototype and nothing is nested: `a[b]` is a name like any other.
 *
 * A name in `repeatable` gives a list, even of one; any other may be there once, because servers, proxies
 * and frameworks disagree on which of two values counts.
 */
export function readQuery(request: ParsedRequest, repeatable: ReadonlySet<string>): QueryInput {
  const url = request.originalUrl ?? request.url ?? ''
  const start = url.indexOf('?')
  const value = Object.create(null) as Record<string, string | string[]>
  if (start === -1) return { value }
  const fragment = url.indexOf('#', start)
  for (const [name, text] of new URLSearchParams(url.slice(start, fragment === -1 ? undefined : fragment))) {
    const earlier = value[name]
    if (Array.isArray(earlier)) earlier.push(text)
    else if (earlier !== undefined) return { repeated: name }
    else value[name] = repeatable.has(name) ? [text] : text
  }
  return { value }
}

/** The other parts, as Node, the router and the body guard left them. */
export function readPart(request: ParsedRequest, part: Exclude<RequestPart, 'query'>): unknown {
  if (part === 'headers') return request.headers
  return part === 'body' ? request.body : (request.params ?? {})
}
