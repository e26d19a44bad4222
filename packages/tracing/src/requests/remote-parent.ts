import type { IncomingHttpHeaders } from 'node:http'
import { type Context, propagation, type TextMapGetter, trace } from '@opentelemetry/api'
import { parseTraceState } from './trace-state.ts'

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name.toLowerCase()],
}

/**
 * Continues `active` with the trace that a request names, as the propagator of the application's SDK reads it. A
 * `tracestate` that this propagator read is read again, strictly.
 */
export function remoteParent(active: Context, headers: IncomingHttpHeaders): Context {
  const extracted = propagation.extract(active, headers, headerGetter)
  const { tracestate } = headers
  if (tracestate === undefined) return extracted
  const spanContext = trace.getSpanContext(extracted)
  if (spanContext?.isRemote !== true || spanContext.traceState === undefined) return extracted
  // Node joins several fields of this name with commas.
  const traceState = parseTraceState(String(tracestate))
  const { traceId, spanId, traceFlags } = spanContext
  const strict = { traceId, spanId, traceFlags, isRemote: true }
  return trace.setSpanContext(extracted, traceState ? { ...strict, traceState } : strict)
}
