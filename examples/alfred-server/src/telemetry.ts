/**
 * Sends spans to the collector at OTEL_EXPORTER_OTLP_ENDPOINT. Loaded before everything else, by
 * `node --import`; without the variable it loads no SDK.
 */
import './settings/load-env-file.ts'
import { context, propagation, trace } from '@opentelemetry/api'
import { releaseIdOf } from './settings/release-id.ts'

/** What sends the spans. */
export interface Telemetry {
  /** Sends what is left. */
  readonly close: () => Promise<void>
}

async function startTelemetry(environment: NodeJS.ProcessEnv): Promise<Telemetry> {
  const [
    { AsyncLocalStorageContextManager },
    { W3CTraceContextPropagator },
    { OTLPTraceExporter },
    { resourceFromAttributes },
    { BatchSpanProcessor, TracerProvider },
  ] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ])
  // The exporter reads the endpoint, its headers and its time-out from the environment itself.
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': environment['OTEL_SERVICE_NAME'] ?? 'alfred',
      'service.version': releaseIdOf(environment['OTEL_RESOURCE_ATTRIBUTES']),
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return {
    async close() {
      await provider.shutdown()
    },
  }
}

/** `undefined` when no collector is named. */
export const telemetry: Telemetry | undefined =
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? undefined : await startTelemetry(process.env)
