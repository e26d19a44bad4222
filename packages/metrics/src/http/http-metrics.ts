import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Clock,
  createExemptionMatcher,
  createRouteResolver,
  existingRequestContext,
  type Logger,
  type Middleware,
  oncePerRequest,
  whenFinished,
  withCheckedTarget,
} from '@alfred/core'
import { createHttpCells, unmatched } from './http-cells.ts'
import { createHttpSizes } from './http-sizes.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'
import type { ResolvedHttpOptions } from './http-metrics-options.ts'

/** The metrics of requests. */
export interface HttpMetrics {
  readonly middleware: Middleware
  /** Brings the metrics up to date; to be called before they are read. */
  readonly collect: () => void
}

/**
 * Builds the middleware that times requests. Its own series are `http_server_request_duration_seconds`,
 * `http_server_requests_total`, `http_server_active_requests`, and with `sizes` those of {@link createHttpSizes}.
 */
export function createHttpMetrics(
  metrics: MetricFactory,
  clock: Clock,
  options: ResolvedHttpOptions,
  logger: Logger,
  scrapePath: string,
): HttpMetrics {
  const cells = createHttpCells(metrics, options)
  const activeRequests = metrics.gauge({
    name: 'http_server_active_requests',
    help: 'Requests whose response has not ended.',
  })
  const sizes = options.sizes ? createHttpSizes(metrics, options) : undefined
  const isIgnored = createExemptionMatcher(options.ignore, { option: 'metrics.http.ignore', logger })
  const isScrape = createExemptionMatcher(scrapePath, { option: 'metrics.path', logger })
  const resolveCells = createRouteResolver(options.mounts, cells.of)
  const unmatchedCells = cells.of(unmatched)
  let active = 0

  const finish = (
    request: IncomingMessage,
    response: ServerResponse,
    startMs: number,
    bytesBefore: number,
    completed: boolean,
  ): void => {
    const seconds = (clock.monotonicMs() - startMs) / 1000
    active -= 1
    const route = resolveCells(request) ?? unmatchedCells
    const aborted = !completed
    // Nothing was sent of a response that ended before its head; its status code is only a default.
    const status = aborted && !response.headersSent ? 0 : response.statusCode
    const cell = cells.find(route, request.method, status, aborted)
    cells.count(cell, seconds)
    const trace = existingRequestContext(request)
    if (trace?.traceSampled === true && trace.traceId !== undefined) {
      cell.duration.exemplify(seconds, { traceId: trace.traceId, spanId: trace.spanId })
    }
    sizes?.count(request, route.template, bytesBefore)
  }

  return {
    middleware: oncePerRequest(
      withCheckedTarget((request, response, next) => {
        // A client that hung up before was not served.
        if (response.destroyed || isScrape(request) || isIgnored(request)) {
          next()
          return
        }
        const startMs = clock.monotonicMs()
        const bytesBefore = sizes === undefined ? 0 : sizes.begin(request)
        active += 1
        whenFinished(response, (completed) => {
          finish(request, response, startMs, bytesBefore, completed)
        })
        next()
      }),
    ),
    collect() {
      activeRequests.set(active)
      cells.flush()
    },
  }
}
