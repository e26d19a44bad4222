import type { AlertSink, ErrorSink } from '@alfred/alerting'
import type { Values } from './read-variables.ts'

/** Who is told when something is wrong. */
export interface AlertingSettings {
  readonly errorSinks: readonly ErrorSink[]
  readonly alertSinks: readonly AlertSink[]
  /** Such as `production`. */
  readonly environment: string | undefined
  /** Where the runbook is published. */
  readonly runbookUrl: string | undefined
}

const present = <T>(...values: readonly (T | undefined)[]): readonly T[] =>
  values.filter((value) => value !== undefined)

/** Gathers who is told. */
export const alertingSettings = (values: Values): AlertingSettings => ({
  errorSinks: present(values.SENTRY_DSN),
  alertSinks: present<AlertSink>(
    values.ALERTMANAGER_URL,
    values.SLACK_WEBHOOK_URL,
    values.PAGERDUTY_ROUTING_KEY,
  ),
  environment: values.ALFRED_ENVIRONMENT,
  runbookUrl: values.RUNBOOK_URL,
})
