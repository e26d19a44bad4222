import type { IncomingMessage } from 'node:http'
import type { OptionRule } from './option-rule.ts'
import { option } from './option-rules.ts'

/** `originalUrl` is what Express and Connect keep of the URL when they mount at a prefix. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string }

/** The request target of RFC 9112 as the client sent it, also under a mount. */
export const requestTarget = (request: IncomingMessage): string =>
  (request as MountedRequest).originalUrl ?? request.url ?? '/'

/** The request's path as the client sent it, without query, also under a mount and in absolute form. */
export function requestPath(request: IncomingMessage): string {
  const url = requestTarget(request)
  if (url.charCodeAt(0) !== 0x2f /* / */) {
    // RFC 9112 section 3.2.2: a client may send the absolute form to any server.
    return URL.parse(url)?.pathname ?? '/'
  }
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * Which requests something applies to: a path prefix that ends at a segment (`/api` takes `/api` and
 * `/api/chat`, not `/apis`), several of them, or a function.
 */
export type PathMatch = string | readonly string[] | ((path: string, request: IncomingMessage) => boolean)

/**
 * Compiles a {@link PathMatch}. Paths are compared without regard to case, as Express routes them:
 * a limit on `/api` that `/API` escapes would be none.
 */
export function createPathMatcher(match: PathMatch): (path: string, request: IncomingMessage) => boolean {
  if (typeof match === 'function') return match
  const prefixes = (typeof match === 'string' ? [match] : match).map((prefix) =>
    prefix.toLowerCase().replace(/\/+$/, ''),
  )
  return (path) => {
    const lower = path.toLowerCase()
    for (const prefix of prefixes) {
      if (!lower.startsWith(prefix)) continue
      if (lower.length === prefix.length || lower.charCodeAt(prefix.length) === 0x2f) return true
    }
    return false
  }
}

const prefixRule = option.string({ pattern: /^\/[^?#\s]*$/, hint: 'a path that begins with /' })

/** The rule for an option that says which paths something applies to. */
export const pathMatchRule: OptionRule<PathMatch> = (value, report) => {
  if (typeof value === 'string') return prefixRule(value, report)
  if (Array.isArray(value)) return option.list(prefixRule, { min: 1 })(value, report)
  if (typeof value === 'function')
    return option.function<Exclude<PathMatch, string | readonly string[]>>()(value, report)
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a path, a list of paths, or a function.')
  return undefined
}
