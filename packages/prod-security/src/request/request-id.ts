import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type ClientAddressResolver, type Middleware, requestContext } from '@alfred/core'

/** What an id from outside may look like: it ends up in logs and headers. */
const acceptable = /^[\w.:-]{1,128}$/

function requestIdOf(request: IncomingMessage, trustsPeer: ClientAddressResolver['trustsPeer']): string {
  const header = request.headers['x-request-id']
  return typeof header === 'string' && acceptable.test(header) && trustsPeer(request) ? header : randomUUID()
}

/**
 * Gives every request an id, in `requestContext(request).requestId` and the `X-Request-Id` response header. A well-formed
 * `X-Request-Id` of a trusted proxy is taken over; anybody else could give its requests the id of another's.
 */
export function createRequestId({ trustsPeer }: Pick<ClientAddressResolver, 'trustsPeer'>): Middleware {
  return (request, response, next) => {
    const context = requestContext(request)
    // A guard further out has named the request already.
    context.requestId ??= requestIdOf(request, trustsPeer)
    response.setHeader('X-Request-Id', context.requestId)
    next()
  }
}
