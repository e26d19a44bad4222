import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'

/** The attribute of a handler's spans that names their request; it is also the last segment of the request's path. */
export const requestAttribute = 'test.request'

/** A real SDK that keeps the spans of this process. */
export interface RecordedSpans extends Disposable {
  readonly tracerProvider: TracerProvider
  /** The ended spans; forgets them. */
  take(): readonly ReadableSpan[]
}

/** Registers an SDK for this process. */
export function recordSpans(): RecordedSpans {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(tracerProvider)
  return {
    tracerProvider,
    take() {
      const spans = exporter.getFinishedSpans().slice()
      exporter.reset()
      return spans
    },
    [Symbol.dispose]() {
      trace.disable()
      propagation.disable()
      context.disable()
    },
  }
}

/** What is wrong with the spans of a handler. */
export interface SpanFaults {
  /** Spans that are not children of their request's server span. */
  readonly orphans: number
  /** Requests with more or fewer than one server span. */
  readonly doubled: number
  /** The handlers' spans that were looked at. */
  readonly children: number
}

/** Looks for the parent of every span that names its request. */
export function findFaults(spans: readonly ReadableSpan[]): SpanFaults {
  const servers = new Map<string, ReadableSpan[]>()
  for (const span of spans) {
    if (span.kind !== SpanKind.SERVER) continue
    const id = String(span.attributes['url.path']).split('/').at(-1) ?? ''
    servers.set(id, [...(servers.get(id) ?? []), span])
  }
  const children = spans.filter(({ attributes }) => attributes[requestAttribute] !== undefined)
  const orphans = children.filter(({ attributes, parentSpanContext }) => {
    const parents = servers.get(String(attributes[requestAttribute])) ?? []
    return !parents.some((server) => server.spanContext().spanId === parentSpanContext?.spanId)
  })
  const doubled = [...servers.values()].filter(({ length }) => length !== 1)
  return { orphans: orphans.length, doubled: doubled.length, children: children.length }
}
