import { type Clock, clockRule, option, readOptions, receiverUrlRule, systemClock } from '@alfred/core'
import { httpPost } from '../delivery/http-post.ts'
import type { AlertNotification } from './alert.ts'
import type { AlertSink } from './alert-dispatcher-options.ts'

/** The options of {@link pagerDutySink}. */
export interface PagerDutySinkOptions {
  /** The integration key of a service or an event orchestration. */
  readonly routingKey: string
  /** @default 'https://events.pagerduty.com/v2/enqueue' */
  readonly url?: string | undefined
  /** @default 'pagerduty' */
  readonly name?: string | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
}

const rule = option.objectOf<PagerDutySinkOptions>(
  {
    routingKey: option.string({ pattern: /^[\w+-]{16,64}$/, hint: 'the integration key, 32 characters' }),
    url: receiverUrlRule(),
    name: option.string(),
    clock: clockRule,
  },
  { required: ['routingKey'] },
)

/** The longest summary PagerDuty takes. */
const longestSummary = 1024

/** https://developer.pagerduty.com/docs/send-alert-event */
function event(routingKey: string, notification: AlertNotification) {
  const { status, fingerprint, name, severity, summary, description, runbookUrl, labels, startsAt } =
    notification
  const shared = { routing_key: routingKey, dedup_key: fingerprint }
  if (status === 'resolved') return { ...shared, event_action: 'resolve' }
  return {
    ...shared,
    event_action: 'trigger',
    client: 'alfred',
    payload: {
      summary: `${name}: ${summary}`.slice(0, longestSummary),
      source: labels['instance'] ?? 'unknown',
      severity,
      timestamp: new Date(startsAt).toISOString(),
      component: labels['service'],
      class: name,
      custom_details: { ...labels, ...(description !== undefined && { description }) },
    },
    ...(runbookUrl !== undefined && { links: [{ href: runbookUrl, text: 'Runbook' }] }),
  }
}

/**
 * Opens and resolves incidents through PagerDuty's Events API v2.
 *
 * @throws `AlfredConfigError`
 */
export function pagerDutySink(options: PagerDutySinkOptions): AlertSink {
  const {
    routingKey,
    url = 'https://events.pagerduty.com/v2/enqueue',
    name = 'pagerduty',
    clock = systemClock,
  } = readOptions('pagerDutySink', options, rule)
  const headers = { 'Content-Type': 'application/json' }
  return Object.freeze({
    name,
    deliver: (notification, signal) =>
      httpPost({ url, headers, body: JSON.stringify(event(routingKey, notification)) }, signal, clock.now()),
  } satisfies AlertSink)
}
