import { isSpanContextValid, trace } from '@opentelemetry/api'

/** The ids of the span that is active where this is called; nothing where there is none. */
export interface TraceFields {
  /** 32 hexadecimal digits. */
  readonly traceId?: string
  /** 16 hexadecimal digits. */
  readonly spanId?: string
}

const none: TraceFields = Object.freeze({})

/**
 * The fields that lead from a line of the log to its trace: for the `mixin` of pino.
 *
 * @example
 * ```ts
 * import { traceFields } from '@alfred/tracing'
 *
 * const loggerOptions = { mixin: () => ({ ...traceFields() }) }
 * ```
 */
export function traceFields(): TraceFields {
  const spanContext = trace.getActiveSpan()?.spanContext()
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return none
  return { traceId: spanContext.traceId, spanId: spanContext.spanId }
}
