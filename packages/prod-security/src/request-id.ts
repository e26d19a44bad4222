import { randomUUID } from 'node:crypto'
import { type ClientAddressResolver, type Middleware, requestContext } from '@alfred/core'

/** What an id from outside may look like: it ends up in logs and headers. */
const acceptable = /^[\w.:-]{1,128}$/

/**
 * Gives every request an id, in `requestContext(request).requestId` and the `X-Request-Id` response header. A well-formed
 * `X-Request-Id` of a trusted proxy is taken over; anybody else could give its requests the id of another's.
 */
export function createRequestId({ trustsPeer }: Pick<ClientAddressResolver, 'trustsPeer'>): Middleware {
  return (request, response, next) => {
    const given = request.headers['x-request-id']
    const requestId =
      typeof given === 'string' && acceptable.test(given) && trustsPeer(request) ? given : randomUUID()
    requestContext(request).requestId = requestId
    response.setHeader('X-Request-Id', requestId)
    next()
  }
}
