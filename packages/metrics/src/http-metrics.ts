import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, createRouteResolver, type Middleware, requestPath } from '@alfred/core'
import { methods } from './http-methods.ts'
import { createIgnoredPaths } from './ignored-paths.ts'
import type { Counter, Histogram } from './instruments.ts'
import { otherValue } from './label-declaration.ts'
import type { MetricFactory } from './metric-catalog.ts'
import type { ResolvedHttpOptions } from './metrics-options.ts'

type Method = (typeof methods)[number] | typeof otherValue

const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
type StatusClass = (typeof statusClasses)[number] | typeof otherValue

const outcomes = ['completed', 'aborted'] as const

/** The route of requests that no route served. */
const unmatched = 'unmatched'

/** How many different status codes are kept apart; IANA registers fewer. */
const mostCodes = 70

/** The series one kind of request counts on. */
interface Cell {
  readonly duration: Histogram
  readonly requests: Counter
}

/** A route's cells by {@link cellKey}. */
type Cells = Map<number, Cell>

const methodNumbers: ReadonlyMap<string | undefined, number> = new Map(
  methods.map((method, index) => [method, index]),
)

const cellKey = (method: number, status: number, aborted: boolean): number =>
  (method * 1000 + status) * 2 + (aborted ? 1 : 0)

/**
 * Builds the middleware that times requests. Its own series are `http_server_request_duration_seconds`,
 * `http_server_requests_total` and `http_server_active_requests`.
 */
export function createHttpMetrics(
  metrics: MetricFactory,
  clock: Clock,
  { buckets, ignore, maxRoutes, mounts }: ResolvedHttpOptions,
): Middleware {
  const route = { max: maxRoutes, known: [unmatched] } as const
  const durations = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response.',
    labels: { method: methods, route, status: statusClasses, outcome: outcomes },
    buckets,
  })
  const requests = metrics.counter({
    name: 'http_server_requests_total',
    help: 'Requests whose response has ended, by exact status code.',
    labels: { method: methods, route, code: { max: mostCodes }, outcome: outcomes },
  })
  const active = metrics.gauge({
    name: 'http_server_active_requests',
    help: 'Requests whose response has not ended.',
  })
  const isIgnored = createIgnoredPaths(ignore)
  const resolveRoute = createRouteResolver(mounts)
  const routes = new Map<string, Cells>()

  const cellsOf = (template: string): Cells => {
    let cells = routes.get(template)
    if (cells !== undefined) return cells
    // An application that adds routes while it runs must not grow this without end either.
    if (routes.size > maxRoutes)
      return template === otherValue ? new Map<number, Cell>() : cellsOf(otherValue)
    routes.set(template, (cells = new Map<number, Cell>()))
    return cells
  }

  const createCell = (template: string, method: number, status: number, aborted: boolean): Cell => {
    const labels = {
      method: methods[method] ?? otherValue,
      route: template,
      outcome: aborted ? 'aborted' : 'completed',
    } as const satisfies { readonly method: Method } & Record<string, string>
    const statusClass: StatusClass = statusClasses[Math.floor(status / 100)] ?? otherValue
    return {
      duration: durations.with({ ...labels, status: statusClass }),
      requests: requests.with({ ...labels, code: status === 0 ? 'none' : String(status) }),
    }
  }

  const finish = (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    startMs: number,
  ): void => {
    active.dec()
    const template = resolveRoute(request, path) ?? unmatched
    const method = methodNumbers.get(request.method) ?? methods.length
    // Nothing was sent of a response that ended before its head; its status code is only a default.
    const status = response.headersSent ? response.statusCode : 0
    const aborted = !response.writableFinished
    const cells = cellsOf(template)
    const key = cellKey(method, status, aborted)
    let cell = cells.get(key)
    if (cell === undefined) cells.set(key, (cell = createCell(template, method, status, aborted)))
    cell.requests.inc()
    cell.duration.observe((clock.monotonicMs() - startMs) / 1000)
  }

  return (request, response, next) => {
    const path = requestPath(request)
    // A response that is destroyed already will not close again, and could not be counted down.
    if (!response.destroyed && !isIgnored(path, request)) {
      const startMs = clock.monotonicMs()
      active.inc()
      // `finish` is silent for aborted responses; `close` comes last in every case.
      response.on('close', () => {
        finish(request, response, path, startMs)
      })
    }
    next()
  }
}
