import { createClientAddressResolver, type Middleware } from '@alfred/core'
import {
  type Attributes,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import {
  aiAttributes,
  type AIContent,
  aiOperation,
  type AIRequest,
  databaseAttributes,
  type DatabaseQuery,
  recordAIContent,
  templateAttributes,
  type TemplateGeneration,
} from './operations/assistant-operations.ts'
import { runInSpan } from './operations/run-in-span.ts'
import { attribute, spanName } from './conventions/semantic-conventions.ts'
import { createServerSpans } from './requests/server-spans.ts'
import { type OpenStream, tracedStream } from './operations/traced-stream.ts'
import { createTracerSource } from './conventions/tracer-source.ts'
import { resolveTracingOptions, type TracingOptions } from './tracing-options.ts'

/** How a stream is traced. */
export interface TraceStreamOptions {
  /** Ends the span when it aborts, also while the stream is silent. It is not passed to the stream. */
  readonly signal?: AbortSignal | undefined
  /**
   * Ends the span, as failed with the type `timeout`, when no chunk comes for so long, ms. The stream itself
   * goes on. @default the span waits
   */
  readonly idleTimeoutMs?: number | undefined
}

/** A stream whose reading is a span. It can be read once. */
export type TracedStream<T> = AsyncIterableIterator<T, undefined, undefined>

/** Spans of a server and of what it does. Without an SDK all of it is a plain call of the given function. */
export interface Tracing {
  /** Gives requests a server span, in the trace their W3C headers name, and runs what follows inside it. */
  readonly middleware: Middleware
  /** Runs `work` in a span that ends with it, or with the promise it answers. */
  readonly withSpan: <T>(name: string, attributes: Attributes, work: (span: Span) => T) => T
  /**
   * Reads a stream in a span, from the first pull until it is done, throws, is left or is aborted. The time
   * to the first chunk and the number of chunks are recorded.
   */
  readonly traceStream: <T>(
    name: string,
    attributes: Attributes,
    open: OpenStream<T>,
    options?: TraceStreamOptions,
  ) => TracedStream<T>
  /** Runs a request to an AI provider in a client span. */
  readonly traceAIRequest: <T>(request: AIRequest, work: (span: Span) => T) => T
  /** Reads an AI provider's streamed answer in a client span. */
  readonly traceAIStream: <T>(
    request: AIRequest,
    open: OpenStream<T>,
    options?: TraceStreamOptions,
  ) => TracedStream<T>
  /**
   * Records on the span of an AI request what was asked and answered, as the conventions have it; does nothing
   * unless `aiContent` is on.
   */
  readonly recordAIContent: (span: Span, content: AIContent) => void
  /** Runs the generation of a template in a span. */
  readonly traceTemplateGeneration: <T>(generation: TemplateGeneration, work: (span: Span) => T) => T
  /** Runs a database statement in a client span. */
  readonly traceDatabaseQuery: <T>(query: DatabaseQuery, work: (span: Span) => T) => T
}

const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/**
 * Builds the tracing of a server over whatever SDK the application registers.
 *
 * @throws `ALFRED_CONFIG_INVALID` naming every problem of the options
 *
 * @example
 * ```ts
 * import { createTracing } from '@alfred/tracing'
 *
 * const tracing = createTracing()
 * const sum = await tracing.withSpan('orders.sum', { 'orders.count': 3 }, async () => 42)
 * ```
 */
export function createTracing(options: TracingOptions = {}): Tracing {
  const resolved = resolveTracingOptions(options)
  const { recordException, clock } = resolved
  const source = createTracerSource(resolved.tracerProvider, resolved.previousNames)
  const { tracer, isActive } = source

  const within = <T>(name: string, kind: SpanKind, attributes: Attributes, work: (span: Span) => T): T => {
    const parent = context.active()
    const span = tracer.startSpan(name, { kind, attributes }, parent)
    return runInSpan(span, trace.setSpan(parent, span), work, recordException)
  }

  const stream = <T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    open: OpenStream<T>,
    firstChunkAttribute: string,
    { signal, idleTimeoutMs }: TraceStreamOptions = {},
  ): TracedStream<T> => {
    // The caller's span is the parent, wherever the stream is read.
    const parent = context.active()
    const startSpan = () => {
      if (!isActive()) return { span: noSpan, spanContext: parent }
      const span = tracer.startSpan(name, { kind, attributes }, parent)
      return { span, spanContext: trace.setSpan(parent, span) }
    }
    return tracedStream({
      open,
      startSpan,
      signal,
      idleTimeoutMs,
      clock,
      firstChunkAttribute,
      recordException,
    })
  }

  return Object.freeze<Tracing>({
    middleware: createServerSpans(source, createClientAddressResolver(resolved.trustProxy), resolved),
    withSpan: (name, attributes, work) =>
      isActive() ? within(name, SpanKind.INTERNAL, attributes, work) : work(noSpan),
    traceStream: (name, attributes, open, streamOptions) =>
      stream(name, SpanKind.INTERNAL, attributes, open, attribute.streamTimeToFirstChunk, streamOptions),
    traceAIRequest: (request, work) =>
      isActive()
        ? within(
            spanName.ai(aiOperation(request), request.model),
            SpanKind.CLIENT,
            aiAttributes(request, false),
            work,
          )
        : work(noSpan),
    traceAIStream: (request, open, streamOptions) =>
      stream(
        spanName.ai(aiOperation(request), request.model),
        SpanKind.CLIENT,
        aiAttributes(request, true),
        open,
        attribute.genAiResponseTimeToFirstChunk,
        streamOptions,
      ),
    recordAIContent: resolved.aiContent ? recordAIContent : () => undefined,
    traceTemplateGeneration: (generation, work) =>
      isActive()
        ? within(spanName.template, SpanKind.INTERNAL, templateAttributes(generation), work)
        : work(noSpan),
    traceDatabaseQuery: (query, work) =>
      isActive()
        ? within(
            spanName.database(query.operation, query.collection),
            SpanKind.CLIENT,
            databaseAttributes(query),
            work,
          )
        : work(noSpan),
  })
}
