import { randomUUID } from 'node:crypto'
import { type Middleware, requestContext } from '@alfred/core'

/** What an id from outside may look like: it ends up in logs and headers. */
const acceptable = /^[\w.:-]{1,128}$/

/**
 * Gives every request an id, in `requestContext(request).requestId` and the `X-Request-Id` response header.
 *
 * @param acceptFromProxy - take over a well-formed `X-Request-Id` of the request: only when a proxy sets it
 */
export function createRequestId(acceptFromProxy: boolean): Middleware {
  return (request, response, next) => {
    const given = acceptFromProxy ? request.headers['x-request-id'] : undefined
    const requestId = typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
    requestContext(request).requestId = requestId
    response.setHeader('X-Request-Id', requestId)
    next()
  }
}
