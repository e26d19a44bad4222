import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Clock,
  createDeadline,
  type Logger,
  type Middleware,
  problemType,
  requestPath,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import type { Exposition } from './exposer.ts'
import { createScrapeGuard, type ScrapeAccess, type ScrapeVerdict } from './scrape-access.ts'

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  verdict: Exclude<ScrapeVerdict, 'allowed'>,
): void {
  if (verdict === 'unauthorised') {
    response.setHeader('WWW-Authenticate', 'Bearer realm="metrics"')
    sendProblem(request, response, {
      type: problemType('metrics-unauthorised'),
      status: 401,
      title: 'The metrics need a token',
      detail: 'Send it as Authorization: Bearer.',
    })
    return
  }
  sendProblem(request, response, {
    type: problemType('metrics-forbidden'),
    status: 403,
    title: 'The metrics are not for this client',
  })
}

/** What {@link createMetricsEndpoint} needs. */
export interface MetricsEndpointOptions {
  readonly path: string
  readonly access: ScrapeAccess
  readonly logger: Logger
  readonly clock: Clock
  /** How long `expose` may take, in milliseconds. */
  readonly timeoutMs: number
  /** Writes the metrics in a format the `Accept` field asks for. */
  readonly expose: (accept: string | undefined) => Promise<Exposition>
}

/** Builds the middleware that answers scrapes at `path` and passes everything else on. */
export function createMetricsEndpoint({
  path,
  access,
  logger,
  clock,
  timeoutMs,
  expose,
}: MetricsEndpointOptions): Middleware {
  const inTime = createDeadline(
    clock,
    timeoutMs,
    () => new Error(`the metrics were not read within ${String(timeoutMs)} ms`),
  )
  const verdictOn = createScrapeGuard(access, logger)

  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    logger.error({ err: error }, 'a scrape failed')
    sendProblem(request, response, {
      type: problemType('metrics-unavailable'),
      status: 500,
      title: 'The metrics could not be collected',
    })
  }

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const verdict = verdictOn(request)
    if (verdict !== 'allowed') {
      refuse(request, response, verdict)
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      sendProblem(request, response, {
        type: problemType('method-not-allowed'),
        status: 405,
        title: 'This method is not allowed here',
      })
      return
    }
    inTime(() => expose(request.headers.accept))
      .then(({ contentType, bytes }) => {
        response.statusCode = 200
        response.setHeader('Content-Type', contentType)
        response.setHeader('Cache-Control', 'no-store')
        response.setHeader('Vary', 'Accept')
        response.setHeader('Content-Length', bytes.length)
        response.end(request.method === 'HEAD' ? undefined : bytes)
      })
      .catch((error: unknown) => {
        fail(request, response, error)
      })
  }

  return withCheckedTarget((request, response, next) => {
    if (requestPath(request) !== path) {
      next()
      return
    }
    try {
      answer(request, response)
    } catch (error) {
      fail(request, response, error)
    }
  })
}
