import type { ErrorReport, ReportedError } from './error-report.ts'
import type { StackFrame } from './stack-frames.ts'

const frame = ({ function: name, file, line, column, inApp }: StackFrame) => ({
  function: name ?? '<anonymous>',
  filename: file,
  lineno: line,
  colno: column,
  in_app: inApp,
})

const exception = ({ type, message, frames }: ReportedError, index: number) => ({
  type,
  value: message,
  mechanism: { type: index === 0 ? 'generic' : 'chained', handled: true },
  // Sentry has the outermost call first.
  ...(frames.length > 0 && { stacktrace: { frames: frames.map(frame).reverse() } }),
})

/** https://develop.sentry.dev/sdk/foundations/transport/event-payloads/ */
function eventOf(report: ErrorReport) {
  const { traceId, route, method, requestId, repeats } = report
  return {
    event_id: report.id,
    timestamp: report.occurredAt / 1000,
    platform: 'node',
    level: report.level,
    logger: 'alfred',
    server_name: report.instance,
    environment: report.environment,
    release: report.release,
    transaction: route === undefined ? undefined : `${method ?? ''} ${route}`.trim(),
    fingerprint: [report.fingerprint],
    tags: {
      ...report.tags,
      service: report.service,
      code: report.errors[0]?.code,
      request_id: requestId,
      trace_id: traceId,
    },
    extra: { data: report.extra, repeats },
    // The cause that began it first.
    exception: { values: report.errors.map(exception).reverse() },
  }
}

/**
 * A report as Sentry's ingestion takes it: three lines of JSON, the second of which says what the third is
 * (https://develop.sentry.dev/sdk/foundations/transport/envelopes/).
 */
export function sentryEnvelope(report: ErrorReport, sentAt: number): string {
  const payload = JSON.stringify(eventOf(report))
  const header = { event_id: report.id, sent_at: new Date(sentAt).toISOString() }
  const item = { type: 'event', content_type: 'application/json', length: Buffer.byteLength(payload) }
  return `${JSON.stringify(header)}\n${JSON.stringify(item)}\n${payload}\n`
}
