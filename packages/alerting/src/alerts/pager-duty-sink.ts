import { observed, option, type Options, readOptions, receiverUrlRule } from '@alfred/core'
import { httpPost } from '../delivery/http-post.ts'
import type { AlertNotification } from './alert.ts'
import type { AlertSink } from './alert-dispatcher-options.ts'

const rule = option.object({
  /** The integration key of a service or an event orchestration. */
  routingKey: option.string({ pattern: /^[\w+-]{16,64}$/, hint: 'the integration key, 32 characters' }),
  /** @default 'https://events.pagerduty.com/v2/enqueue' */
  url: receiverUrlRule().default('https://events.pagerduty.com/v2/enqueue'),
  /** @default 'pagerduty' */
  name: option.string().default('pagerduty'),
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of {@link pagerDutySink}. */
export interface PagerDutySinkOptions extends Options<typeof rule> {}

/** The longest summary PagerDuty takes. */
const maxSummaryLength = 1024

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
      summary: `${name}: ${summary}`.slice(0, maxSummaryLength),
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
  const { routingKey, url, name, clock } = readOptions('pagerDutySink', options, rule)
  const headers = { 'Content-Type': 'application/json' }
  return Object.freeze({
    name,
    deliver: (notification, signal) =>
      httpPost({ url, headers, body: JSON.stringify(event(routingKey, notification)) }, signal, clock.now()),
  } satisfies AlertSink)
}
