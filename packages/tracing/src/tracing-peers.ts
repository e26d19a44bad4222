import type { PeerOptions } from '@alfred/core'

const sdk = { note: 'it belongs to your OpenTelemetry SDK' }

/** Where the options of OpenTelemetry packages are in `tracing`. */
export const tracingPeers: PeerOptions = {
  '@opentelemetry/instrumentation-http': {
    ignoreIncomingRequestHook: 'tracing.ignore',
    ignoreIncomingPaths: 'tracing.ignore',
  },
  '@opentelemetry/sdk-node': {
    serviceName: sdk,
    traceExporter: sdk,
    spanProcessors: sdk,
    sampler: sdk,
    resource: sdk,
    instrumentations: sdk,
  },
}
