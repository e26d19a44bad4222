import type { IncomingMessage } from 'node:http'
import { isAuthority } from '../request/authority.ts'
import type { Middleware } from './middleware.ts'
import { type Problem, problemType, sendProblem } from './problem.ts'
import { requestContext } from '../request/request-context.ts'
import { requestTarget } from '../request/request-path.ts'

const refused = (name: string, title: string, detail: string): Problem =>
  Object.freeze({ type: problemType(name), status: 400, title, detail })

const invalidTarget = refused(
  'invalid-request-target',
  'The request target is not acceptable',
  'Send a path that begins with /, or an http URL with a valid host, without a fragment. Percent-encode other characters.',
)

const invalidHost = refused(
  'invalid-host',
  'The Host header is not acceptable',
  'Send one Host header: a name or an address, and a port where it is not the default.',
)

/**
 * Visible ASCII (RFC 9112 section 3.2) without `#`. A no-break space at the end of a path is cut off by `url.parse`
 * and kept by others; a fragment ends the path for some routers only.
 */
const originForm = /^\/[!"$-~]*$/

/** The authority ends at `/` or `?`; a backslash in it fails the check of the authority. */
const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/is

/** What a target asks for, as text that begins with `/`, and of which host. */
interface ReadTarget {
  readonly local: string
  readonly authority?: string
}

function readTarget(target: string, method: string | undefined): ReadTarget | undefined {
  if (originForm.test(target)) return { local: target }
  // A request that no parser made has no URL.
  if (target === '') return { local: '/' }
  if (target === '*') return method === 'OPTIONS' ? { local: target } : undefined
  const [, authority, rest] = absoluteForm.exec(target) ?? []
  if (authority === undefined || rest === undefined || !isAuthority(authority)) return undefined
  // RFC 9110 section 4.2.3: an empty path is `/`. find-my-way looks for the path at the first slash, also in the query.
  if (!rest.startsWith('/') && rest.includes('/')) return undefined
  const local = rest.startsWith('/') ? rest : `/${rest}`
  return originForm.test(local) ? { local, authority } : undefined
}

function countHostFields(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}

function hasValidHost({ headers, rawHeaders }: IncomingMessage): boolean {
  const { host } = headers
  // HTTP/2 names the host here, and need not repeat it (RFC 9113 section 8.3.1).
  const authority = headers[':authority']
  if (authority !== undefined) {
    if (typeof authority !== 'string' || !isAuthority(authority)) return false
    if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return false
  }
  if (host !== undefined && !isAuthority(host)) return false
  return countHostFields(rawHeaders) <= 1
}

/** Connect and Express keep the URL here before the first middleware runs. */
type RoutedRequest = IncomingMessage & { readonly originalUrl?: string }

function rewrite(request: RoutedRequest, { local, authority }: ReadTarget): void {
  if (authority === undefined) return
  // RFC 9112 section 3.2.2: the target's host counts, not the field's.
  request.headers.host = authority
  // Express and Connect have measured scheme and host by now and cut as much off the URL when they enter a mounted
  // router: a shorter URL would lead them to another route. They read the path after the authority themselves.
  if (request.originalUrl === undefined) request.url = local
}

/**
 * Reads the request target once, in place of everybody who asks for the request's path. The origin form and `OPTIONS *`
 * pass. The absolute form is rewritten to the same text after its authority, which becomes the `Host`. What
 * routers could read in two ways is refused, and so is a `Host` that is none.
 *
 * @returns the 400 problem to answer with, or `undefined`
 */
export function checkRequestTarget(request: IncomingMessage): Problem | undefined {
  const target = requestTarget(request)
  const context = requestContext(request)
  if (context.checkedTarget === target) return undefined
  const read = readTarget(target, request.method)
  if (!read) return invalidTarget
  if (!hasValidHost(request)) return invalidHost
  rewrite(request, read)
  context.checkedTarget = requestTarget(request)
  return undefined
}

/**
 * Wraps a middleware that reads the request's path or host, so that it also refuses on its own what
 * {@link checkRequestTarget} refuses. After the first check of a request another one compares two strings.
 */
export function withCheckedTarget(middleware: Middleware): Middleware {
  return (request, response, next) => {
    const problem = checkRequestTarget(request)
    if (problem) sendProblem(request, response, problem)
    else middleware(request, response, next)
  }
}
