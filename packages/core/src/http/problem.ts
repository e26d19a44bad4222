import type { IncomingMessage, ServerResponse } from 'node:http'
import { prefersHtml } from './accept-field.ts'
import { formatProblemPage } from './problem-page.ts'
import { requestContext } from '../request/request-context.ts'
import { startOver } from './start-over.ts'

/**
 * An error response as RFC 9457 `application/problem+json` describes it. It carries neither internals
 * nor any part of the request.
 */
export interface Problem {
  /** A stable URI of the kind of problem; `docs/reference/problems.md` lists them. */
  readonly type: string
  readonly status: number
  /** The same for every occurrence of the type. */
  readonly title: string
  /** What this occurrence is about and what to do next. */
  readonly detail?: string | undefined
  /** Members of this type's own. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/** The type of a problem of ours: `urn:alfred:problem:<name>`. */
export const problemType = (name: string): string => `urn:alfred:problem:${name}`

/** Of problems that cannot change: refusals are answered when there is no time to spare. */
const worded = new WeakMap<Problem, string>()

/** The problem as JSON, without the last brace. */
function wordProblem(problem: Problem): string {
  const known = worded.get(problem)
  if (known !== undefined) return known
  const { type, title, status, detail, extensions } = problem
  const text = JSON.stringify({ type, title, status, detail, ...extensions }).slice(0, -1)
  if (Object.isFrozen(problem)) worded.set(problem, text)
  return text
}

const wordIds = (requestId: string | undefined, traceId: string | undefined): string =>
  requestId === undefined && traceId === undefined
    ? '}'
    : `,${JSON.stringify({ requestId, traceId }).slice(1)}`

/**
 * Ends the response with a problem: as a page where the request's `Accept` prefers HTML, as JSON otherwise. Headers set earlier stay, so that CORS and security headers reach
 * the client, except those about the body that was planned; `Cache-Control` becomes `no-store`. The request's id and trace id are added when known. The text of a
 * frozen problem is made once.
 *
 * When the response has already begun its connection is destroyed instead: the client must not take
 * half a body for a whole one.
 */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy()
    return
  }
  const { requestId, traceId } = requestContext(request)
  const isPage = prefersHtml(request.headers.accept)
  // A string goes out in one write with the header fields, a Buffer in two: half of what a refusal costs.
  const body = isPage
    ? formatProblemPage(problem, { 'Request id': requestId, 'Trace id': traceId })
    : wordProblem(problem) + wordIds(requestId, traceId)
  startOver(request, response)
  response.statusCode = problem.status
  response.setHeader('Content-Type', isPage ? 'text/html; charset=utf-8' : 'application/problem+json')
  // A page needs nothing, whatever the application lets its own pages do. Not stored, it needs no Vary.
  if (isPage && response.getHeader('Content-Security-Policy') === undefined) {
    response.setHeader('Content-Security-Policy', "default-src 'none'")
  }
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.setHeader('Cache-Control', 'no-store')
  if (request.method === 'HEAD') response.end()
  else response.end(body)
}
