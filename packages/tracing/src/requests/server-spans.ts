import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  asError,
  type ClientAddressResolver,
  createExemptionMatcher,
  createRouteResolver,
  existingRequestContext,
  type Middleware,
  noopLogger,
  type PathMatch,
  requestContext,
  requestPath,
  whenFinished,
  withCheckedTarget,
} from '@alfred/core'
import {
  type Context,
  context,
  diag,
  isSpanContextValid,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { activeServerSpan } from './active-server-span.ts'
import { emitWithin } from './emit-within.ts'
import { remoteParent } from './remote-parent.ts'
import { methodName, requestAttributes } from './request-attributes.ts'
import { attribute, spanName } from '../conventions/semantic-conventions.ts'
import type { TracerSource } from '../conventions/tracer-source.ts'

/** Which requests get a span, and how their routes are named. */
interface ServerSpanOptions {
  readonly ignore: PathMatch
  readonly mounts: readonly string[]
}

/** Puts the ids of the request's span on its context, for problems, logs and exemplars. */
function identify(request: IncomingMessage, span: Span): void {
  const spanContext = span.spanContext()
  if (!isSpanContextValid(spanContext)) return
  const known = requestContext(request)
  known.traceId = spanContext.traceId
  known.spanId = spanContext.spanId
  known.traceSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0
}

function recordResponse(span: Span, response: ServerResponse, completed: boolean): void {
  span.setAttribute(attribute.responseOutcome, completed ? 'completed' : 'aborted')
  // Nothing was sent of a response that ended before its head; its status code is only a default.
  if (!response.headersSent) return
  const { statusCode } = response
  span.setAttribute(attribute.httpResponseStatusCode, statusCode)
  // The conventions leave 4xx without a status on servers: the client erred.
  if (statusCode < 500) return
  span.setAttribute(attribute.errorType, String(statusCode))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The span of a request, and how it ends. */
interface RequestSpan {
  readonly span: Span
  readonly isRecording: boolean
  /** In which the layers behind run. */
  readonly spanContext: Context
  readonly setRoute: (route: string, name: string) => void
  /** Ends a span that is ours. */
  readonly end: () => void
}

/**
 * Runs what calls the application's SDK: samplers, propagators and span processors are code of others, and their failure costs a span
 * and not the request.
 */
function withoutFailing<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    diag.error('A request has no span: the OpenTelemetry SDK failed.', asError(error))
    return undefined
  }
}

/** The spans that are some request's: one that is dispatched inside another request's handler gets a span of its own. */
const taken = new WeakSet<Span>()

/**
 * Builds the middleware that gives every request a server span, and runs what follows inside it. A server span that is
 * active already is the request's: it gets what we know, and its owner ends it.
 */
export function createServerSpans(
  { tracer, isActive, adopt }: TracerSource,
  addresses: ClientAddressResolver,
  { ignore, mounts }: ServerSpanOptions,
): Middleware {
  const isIgnored = createExemptionMatcher(ignore, { option: 'tracing.ignore', logger: noopLogger })
  const resolveRoute = createRouteResolver(mounts)

  /** @returns `undefined` when another instance of this middleware has begun the request's span */
  const begin = (request: IncomingMessage, path: string): RequestSpan | undefined => {
    const active = context.active()
    const running = activeServerSpan(active)
    const isTaken = running !== undefined && taken.has(running.span)
    if (isTaken && running.span.spanContext().spanId === existingRequestContext(request)?.spanId)
      return undefined
    const attributes = requestAttributes(request, path, addresses)
    if (running && !isTaken) {
      const span = adopt(running.span).setAttributes(attributes)
      identify(request, span)
      const isRecording = span.isRecording()
      return { span, isRecording, spanContext: active, setRoute: running.setRoute, end: () => undefined }
    }
    const parent = remoteParent(active, request.headers)
    const span = tracer.startSpan(methodName(request.method), { kind: SpanKind.SERVER, attributes }, parent)
    identify(request, span)
    return {
      span,
      isRecording: span.isRecording(),
      spanContext: trace.setSpan(parent, span),
      setRoute: (_route, name) => span.updateName(name),
      end: () => {
        span.end()
      },
    }
  }

  const finish = (
    request: IncomingMessage,
    response: ServerResponse,
    { span, setRoute, end }: RequestSpan,
    completed: boolean,
  ): void => {
    const route = resolveRoute(request)
    if (route !== undefined) {
      span.setAttribute(attribute.httpRoute, route)
      setRoute(route, spanName.server(methodName(request.method), route))
    }
    recordResponse(span, response, completed)
    end()
  }

  return withCheckedTarget((request, response, next) => {
    if (!isActive() || response.destroyed) {
      next()
      return
    }
    const begun = isIgnored(request) ? undefined : withoutFailing(() => begin(request, requestPath(request)))
    if (!begun) {
      next()
      return
    }
    const { span, spanContext, isRecording } = begun
    taken.add(span)
    if (isRecording) {
      whenFinished(response, (completed) => {
        withoutFailing(() => {
          finish(request, response, begun, completed)
        })
      })
    }
    emitWithin(request, spanContext)
    emitWithin(response, spanContext)
    context.with(spanContext, next)
  })
}
