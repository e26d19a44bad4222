import type { PeerOptions } from '@alfred/core'

/** Where the options of error trackers are in `alerting`. */
export const alertingPeers: PeerOptions = {
  Sentry: {
    dsn: { ours: 'alerting.errorTracker.sinks', note: 'as sentrySink({ dsn })' },
    beforeSend: 'alerting.errorTracker.redact',
    sendDefaultPii: 'alerting.errorTracker.redact',
    sampleRate: 'alerting.errorTracker.maxPerMinute',
    integrations: { note: 'errors of requests and events of the layers arrive by themselves' },
    tracesSampleRate: { note: 'sampling belongs to your OpenTelemetry SDK' },
  },
}
