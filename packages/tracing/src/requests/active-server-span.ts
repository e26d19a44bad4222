import {
  type Context,
  createContextKey,
  isSpanContextValid,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api'

/** What `@opentelemetry/instrumentation-http` keeps in the context of a request. */
interface RpcMetadata {
  readonly type: string
  readonly span: Span
  /** The instrumentation names its span after this route when the response ends. */
  route?: string
}

/** The key of `setRPCMetadata` in `@opentelemetry/core`. Keys of one name are the same. */
const rpcMetadataKey = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')

const isRpcMetadata = (value: unknown): value is RpcMetadata =>
  typeof value === 'object' && value !== null && 'type' in value && 'span' in value && value.type === 'http'

/** The SDK's spans have a kind, which the API does not show. Spans that do not record have none. */
const kindOf = (span: Span): unknown => ('kind' in span ? span.kind : undefined)

/** A server span that somebody else has begun for a request, and will end. */
export interface ActiveServerSpan {
  readonly span: Span
  /** Names the span after a route, also where its instrumentation names it later. */
  readonly setRoute: (route: string, name: string) => void
}

/**
 * The server span of this process that is active already, as that of `@opentelemetry/instrumentation-http`; `undefined`
 * when there is none. Spans of middleware in between are passed over.
 */
export function activeServerSpan(active: Context): ActiveServerSpan | undefined {
  const metadata = active.getValue(rpcMetadataKey)
  if (isRpcMetadata(metadata)) {
    return {
      span: metadata.span,
      setRoute(route, name) {
        metadata.route = route
        metadata.span.updateName(name)
      },
    }
  }
  const span = trace.getSpan(active)
  if (span === undefined) return undefined
  const spanContext = span.spanContext()
  if (spanContext.isRemote === true || !isSpanContextValid(spanContext)) return undefined
  const isServer = span.isRecording() ? kindOf(span) === SpanKind.SERVER : true
  return isServer ? { span, setRoute: (_route, name) => span.updateName(name) } : undefined
}
