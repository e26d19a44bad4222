import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ClientAddressResolver,
  createPathMatcher,
  createRouteResolver,
  type Middleware,
  requestContext,
  requestPath,
} from '@alfred/core'
import {
  type Attributes,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { attribute, otherValue, spanName } from './semantic-conventions.ts'
import type { TracerSource } from './tracer-source.ts'
import type { ResolvedTracingOptions } from './tracing-options.ts'

// RFC 9110 section 9 and RFC 5789; the conventions have any other method recorded as _OTHER.
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])

/** The span's name, in place of a method that is not known. */
const unknownMethodName = 'HTTP'

const longestMethod = 32
const longestText = 512

const headerGetter: TextMapGetter<IncomingMessage['headers']> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name.toLowerCase()],
}

function requestAttributes(
  request: IncomingMessage,
  path: string,
  addresses: ClientAddressResolver,
): Attributes {
  const method = request.method ?? ''
  const known = knownMethods.has(method)
  return {
    [attribute.httpRequestMethod]: known ? method : otherValue,
    [attribute.httpRequestMethodOriginal]: known ? undefined : method.slice(0, longestMethod),
    // Without the query, which is where tokens and words of users stand.
    [attribute.urlPath]: path.slice(0, longestText),
    [attribute.urlScheme]: addresses.isSecure(request) ? 'https' : 'http',
    [attribute.networkProtocolVersion]: request.httpVersion,
    [attribute.clientAddress]: addresses.address(request),
    [attribute.userAgentOriginal]: request.headers['user-agent']?.slice(0, longestText),
  }
}

function recordResponse(span: Span, response: ServerResponse): void {
  span.setAttribute(attribute.responseOutcome, response.writableFinished ? 'completed' : 'aborted')
  // Nothing was sent of a response that ended before its head; its status code is only a default.
  if (!response.headersSent) return
  const { statusCode } = response
  span.setAttribute(attribute.httpResponseStatusCode, statusCode)
  // The conventions leave 4xx without a status on servers: the client erred.
  if (statusCode < 500) return
  span.setAttribute(attribute.errorType, String(statusCode))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** Builds the middleware that gives every request a server span, and runs what follows inside it. */
export function createServerSpans(
  { tracer, isActive }: TracerSource,
  addresses: ClientAddressResolver,
  { ignore, mounts }: Pick<ResolvedTracingOptions, 'ignore' | 'mounts'>,
): Middleware {
  const isIgnored = createPathMatcher(ignore)
  const resolveRoute = createRouteResolver(mounts)

  return (request, response, next) => {
    if (!isActive() || response.destroyed) {
      next()
      return
    }
    const path = requestPath(request)
    if (isIgnored(path, request)) {
      next()
      return
    }
    const parent = propagation.extract(context.active(), request.headers, headerGetter)
    const method = request.method ?? ''
    const name = knownMethods.has(method) ? method : unknownMethodName
    const attributes = requestAttributes(request, path, addresses)
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
    const spanContext = span.spanContext()
    if (isSpanContextValid(spanContext)) {
      const known = requestContext(request)
      known.traceId = spanContext.traceId
      known.spanId = spanContext.spanId
      known.traceSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0
    }
    if (span.isRecording()) {
      // `finish` is silent for aborted responses; `close` comes last in every case.
      response.on('close', () => {
        const route = resolveRoute(request)
        if (route !== undefined) {
          span.setAttribute(attribute.httpRoute, route)
          span.updateName(spanName.server(name, route))
        }
        recordResponse(span, response)
        span.end()
      })
    }
    context.with(trace.setSpan(parent, span), next)
  }
}
