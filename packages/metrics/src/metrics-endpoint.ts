import type { IncomingMessage, ServerResponse } from 'node:http'
import {
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

/**
 * Builds the middleware that answers scrapes at `path` and passes everything else on.
 *
 * @param expose - writes the metrics in a format the `Accept` field asks for
 */
export function createMetricsEndpoint(
  path: string,
  access: ScrapeAccess,
  logger: Logger,
  expose: (accept: string | undefined) => Promise<Exposition>,
): Middleware {
  const verdictOn = createScrapeGuard(access)

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
    expose(request.headers.accept)
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
