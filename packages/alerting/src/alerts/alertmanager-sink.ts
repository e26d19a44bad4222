import { observed, option, type Options, readOptions, receiverUrlRule } from '@alfred/core'
import { headersRule, httpPost } from '../delivery/http-post.ts'
import type { AlertNotification } from './alert.ts'
import type { AlertSink } from './alert-dispatcher-options.ts'

const rule = option.object({
  /** Where Alertmanager is, as `http://alertmanager:9093`. */
  url: receiverUrlRule({ plain: true }),
  /** Fields to send along, such as an `Authorization`. @default none */
  headers: headersRule.default({}),
  /** @default 'alertmanager' */
  name: option.string().default('alertmanager'),
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of {@link alertmanagerSink}. */
export interface AlertmanagerSinkOptions extends Options<typeof rule> {}

/**
 * Alertmanager forgets an alert at its `endsAt` unless it hears of it again; its clients tell it "on the order of 30
 * seconds to 3 minutes" (https://prometheus.io/docs/alerting/latest/clients/).
 */
const refreshMs = 60_000
/** Prometheus gives its alerts four times the interval as well. */
const validMs = 4 * refreshMs

/** A postable alert of Alertmanager's API v2. */
function postable(
  { name, severity, labels, summary, description, runbookUrl, ...times }: AlertNotification,
  nowMs: number,
) {
  return {
    labels: { alertname: name, severity, ...labels },
    annotations: {
      summary,
      ...(description !== undefined && { description }),
      ...(runbookUrl !== undefined && { runbook_url: runbookUrl }),
    },
    startsAt: new Date(times.startsAt).toISOString(),
    endsAt: new Date(times.endsAt ?? nowMs + validMs).toISOString(),
  }
}

/**
 * Sends alerts to Alertmanager, which groups, silences and routes them with those of Prometheus.
 *
 * @throws `AlfredConfigError`
 */
export function alertmanagerSink(options: AlertmanagerSinkOptions): AlertSink {
  const { url, headers, name, clock } = readOptions('alertmanagerSink', options, rule)
  const target = `${url.replace(/\/+$/, '')}/api/v2/alerts`
  return Object.freeze({
    name,
    refreshMs,
    deliver(notification, signal) {
      const nowMs = clock.now()
      const body = JSON.stringify([postable(notification, nowMs)])
      return httpPost(
        { url: target, headers: { ...headers, 'Content-Type': 'application/json' }, body },
        signal,
        nowMs,
      )
    },
  } satisfies AlertSink)
}
