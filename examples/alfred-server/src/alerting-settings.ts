import {
  alertmanagerSink,
  type AlertSink,
  type ErrorSink,
  pagerDutySink,
  sentrySink,
  slackSink,
} from '@alfred/alerting'

/** Who is told when something is wrong. */
export interface AlertingSettings {
  readonly errorSinks: readonly ErrorSink[]
  readonly alertSinks: readonly AlertSink[]
  /** Such as `production`. */
  readonly environment: string | undefined
  /** Where the runbook is published. */
  readonly runbookUrl: string | undefined
}

/** How the settings read one variable. */
interface Reader {
  text(name: string): string | undefined
  secret(name: string): string | undefined
  url(name: string, value: string | undefined, ...protocols: readonly string[]): string | undefined
  /** What `build` makes of a variable's value; what it refuses is reported under the variable's name. */
  accepted<T>(name: string, value: string | undefined, build: (value: string) => T): T | undefined
}

const present = <T>(...values: readonly (T | undefined)[]): readonly T[] =>
  values.filter((value) => value !== undefined)

/** Reads who is told, from `SENTRY_DSN`, `ALERTMANAGER_URL`, `SLACK_WEBHOOK_URL` and `PAGERDUTY_ROUTING_KEY`. */
export function readAlertingSettings(read: Reader): AlertingSettings {
  const sink = <T>(name: string, build: (value: string) => T): T | undefined =>
    read.accepted(name, read.secret(name), build)
  return {
    errorSinks: present(sink('SENTRY_DSN', (dsn) => sentrySink({ dsn }))),
    alertSinks: present(
      sink('ALERTMANAGER_URL', (url) => alertmanagerSink({ url })),
      sink('SLACK_WEBHOOK_URL', (webhookUrl) => slackSink({ webhookUrl })),
      sink('PAGERDUTY_ROUTING_KEY', (routingKey) => pagerDutySink({ routingKey })),
    ),
    environment: read.text('ALFRED_ENVIRONMENT'),
    runbookUrl: read.url('RUNBOOK_URL', read.text('RUNBOOK_URL'), 'https:', 'http:'),
  }
}
