export { type Alerting, type AlertingOptions, createAlerting } from './alerting.ts'
export type { Alert, AlertNotification, AlertSeverity } from './alerts/alert.ts'
export { type AlertDispatcher, type AlertReport, createAlertDispatcher } from './alerts/alert-dispatcher.ts'
export type { AlertDispatcherOptions, AlertSink } from './alerts/alert-dispatcher-options.ts'
export { alertmanagerSink, type AlertmanagerSinkOptions } from './alerts/alertmanager-sink.ts'
export { pagerDutySink, type PagerDutySinkOptions } from './alerts/pager-duty-sink.ts'
export { slackSink, type SlackSinkOptions } from './alerts/slack-sink.ts'
export { DeliveryError, type DeliveryFailure } from './delivery/delivery-error.ts'
export type { DeliveryCounts } from './delivery/delivery-queues.ts'
export type { Sink } from './delivery/sink.ts'
export type { ErrorLevel, ErrorReport, ReportedError } from './errors/error-report.ts'
export {
  createErrorTracker,
  type ErrorContext,
  type ErrorTracker,
  type ErrorTrackerStats,
} from './errors/error-tracker.ts'
export type { ErrorSink, ErrorTrackerOptions, RequestDescription } from './errors/error-tracker-options.ts'
export { sentrySink, type SentrySinkOptions } from './errors/sentry-sink.ts'
export type { StackFrame } from './errors/stack-frames.ts'
export type { ReporterIdentity } from './delivery/identity.ts'
export { createRedactor, type RedactionOptions, type Redactor } from './errors/redaction.ts'
export { webhookSink, type WebhookSinkOptions } from './delivery/webhook-sink.ts'
export { alertingPeers } from './alerting-peers.ts'
