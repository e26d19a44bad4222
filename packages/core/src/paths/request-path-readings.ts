import type { IncomingMessage } from 'node:http'
import type { PathReadings } from '../request/path-readings.ts'
import { requestContext } from '../request/request-context.ts'
import { requestPath, requestTarget, routedPath } from '../request/request-path.ts'

/** Without one of these every router reads a path as it stands. */
const suspicious = /[%\\;#]|\/\/|\/\.\.?(?:\/|$)/

/** More readings than this come from nobody but an attacker. */
const maxReadings = 64

/** Bounds the work on one path: a path of 8 KiB has 8 readings at most. */
const maxCharacters = 65_536

const encodedRun = /(?:%[0-9a-f]{2})+/gi

function decodeWith(decode: (text: string) => string): (path: string) => string {
  const decodeRun = (run: string): string => {
    try {
      return decode(run)
    } catch {
      // Not UTF-8 as a whole: routers that decode each byte alone still find ASCII in it.
      return run.replace(/%[0-7][0-9a-f]/gi, (byte) => decode(byte))
    }
  }
  return (path) => (path.includes('%') ? path.replace(encodedRun, decodeRun) : path)
}

/** RFC 3986 section 5.2.4, with the encoded dots of the URL standard. */
function withoutDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const dots = segment.replace(/%2e/gi, '.')
    if (dots === '..') kept.pop()
    if (dots !== '.' && dots !== '..') kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** What routers, URL parsers and static file servers do to a path. */
const transformations: readonly ((path: string) => string)[] = [
  // Fastify and Hono leave `/` and other separators encoded; file servers decode everything.
  decodeWith(decodeURI),
  decodeWith(decodeURIComponent),
  (path) => path.replaceAll('\\', '/'),
  // `new URL('//host/path', base)` takes the first segment for a host, also of what a mount has left of a path.
  (path) => path.replace(/[/\\]{2,}[^/\\]*[/\\]?/, '/'),
  (path) => path.replace(/^(.*)[/\\]{2,}[^/\\]*[/\\]?/s, '$1/'),
  (path) => path.replace(/\/{2,}/g, '/'),
  withoutDotSegments,
  // Parameters of a segment (RFC 3986 section 3.3), and Fastify's `useSemicolonDelimiter`.
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/[;?#].*$/s, ''),
]

/** Adds every reading of `path` to `found`; `false` when there are too many. */
function collectReadings(path: string, found: Set<string>): boolean {
  found.add(path)
  if (!suspicious.test(path)) return true
  let characters = path.length
  // A set yields also what is added on the way.
  for (const reading of found) {
    for (const transform of transformations) {
      const changed = transform(reading)
      if (found.has(changed)) continue
      characters += changed.length
      if (found.size === maxReadings || characters > maxCharacters) return false
      found.add(changed)
    }
  }
  return true
}

function readingsOf(paths: readonly string[] | undefined): PathReadings | undefined {
  if (!paths) return undefined
  const [path = '/'] = paths
  if (paths.length === 1 && !suspicious.test(path)) return { all: paths, lowerCase: [path.toLowerCase()] }
  const found = new Set<string>()
  for (const each of paths) {
    if (!collectReadings(each, found)) return undefined
  }
  const all = [...found]
  return { all, lowerCase: [...new Set(all.map((reading) => reading.toLowerCase()))] }
}

/** The path that was sent, and beside it the one that the router is given where that is another. */
function pathsOf(request: IncomingMessage): readonly string[] | undefined {
  const sent = requestPath(request)
  // What `checkRequestTarget` refuses has no path: of the rest only `OPTIONS *` begins with something else.
  if (!sent.startsWith('/') && sent !== '*') return undefined
  const routed = routedPath(request)
  return routed === sent ? [sent] : [sent, routed]
}

/**
 * Every reading of the request's path: as it was sent, decoded, without dot segments, and so on. Made once for a request, and no more than
 * the path itself unless it holds a character that routers treat differently.
 *
 * @returns `undefined` when there are too many, or none
 */
export function requestPathReadings(request: IncomingMessage): PathReadings | undefined {
  const context = requestContext(request)
  const target = requestTarget(request)
  const { url } = request
  const known = context.pathReadings
  if (known?.target === target && known.url === url) return known.readings
  const readings = readingsOf(pathsOf(request))
  context.pathReadings = { target, url, readings }
  return readings
}
