import { type Span, trace, type Tracer, type TracerProvider } from '@opentelemetry/api'
import { addPreviousNames, type SpanStarter, withPreviousNames } from './previous-names.ts'

/** Where spans come from, and whether anybody takes them. */
export interface TracerSource {
  readonly tracer: SpanStarter
  /** Makes a span of another tracer carry attributes as ours do. */
  readonly adopt: (span: Span) => Span
  /** Whether an SDK is registered; asked once per operation, so that without one nothing else is done. */
  readonly isActive: () => boolean
}

const scope = '@alfred/tracing'

/** The API's own provider, which answers no tracer until an SDK takes its place. */
const isStandIn = (
  provider: object,
): provider is { readonly getDelegateTracer: (name: string) => Tracer | undefined } =>
  'getDelegateTracer' in provider && typeof provider.getDelegateTracer === 'function'

/**
 * @param provider - in place of the one that the application's SDK registers
 * @param previousNames - whether spans carry attributes under their previous names as well
 */
export function createTracerSource(
  provider: TracerProvider | undefined,
  previousNames: boolean,
): TracerSource {
  const named = (tracer: SpanStarter): SpanStarter => (previousNames ? withPreviousNames(tracer) : tracer)
  const adopt = (span: Span): Span => (previousNames ? addPreviousNames(span) : span)
  if (provider) return { tracer: named(provider.getTracer(scope)), adopt, isActive: () => true }
  let active = false
  const probe = (): boolean => {
    const registered = trace.getTracerProvider()
    return !isStandIn(registered) || registered.getDelegateTracer(scope) !== undefined
  }
  return {
    tracer: named(trace.getTracer(scope)),
    adopt,
    isActive: () => active || (active = probe()),
  }
}
