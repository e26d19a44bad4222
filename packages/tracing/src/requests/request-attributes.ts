import type { IncomingMessage } from 'node:http'
import type { ClientAddressResolver } from '@alfred/core'
import type { Attributes } from '@opentelemetry/api'
import { attribute, otherValue } from '../conventions/semantic-conventions.ts'

// RFC 9110 section 9 and RFC 5789; the conventions have any other method recorded as _OTHER.
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])

/** The span's name, in place of a method that is not known. */
const unknownMethodName = 'HTTP'

const maxMethodLength = 32
const maxTextLength = 512

/** What a server span holds of a request from its beginning. */
export function requestAttributes(
  request: IncomingMessage,
  path: string,
  addresses: ClientAddressResolver,
): Attributes {
  const method = request.method ?? ''
  const known = knownMethods.has(method)
  return {
    [attribute.httpRequestMethod]: known ? method : otherValue,
    [attribute.httpRequestMethodOriginal]: known ? undefined : method.slice(0, maxMethodLength),
    // Without the query, which is where tokens and words of users stand.
    [attribute.urlPath]: path.slice(0, maxTextLength),
    [attribute.urlScheme]: addresses.isSecure(request) ? 'https' : 'http',
    [attribute.networkProtocolVersion]: request.httpVersion,
    [attribute.clientAddress]: addresses.address(request),
    [attribute.userAgentOriginal]: request.headers['user-agent']?.slice(0, maxTextLength),
  }
}

/** What the spans of a method are named after. */
export const methodName = (method = ''): string => (knownMethods.has(method) ? method : unknownMethodName)
