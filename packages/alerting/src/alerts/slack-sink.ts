import { observed, option, type Options, readOptions, receiverUrlRule } from '@alfred/core'
import { httpPost } from '../delivery/http-post.ts'
import type { AlertNotification, AlertSeverity } from './alert.ts'
import type { AlertSink } from './alert-dispatcher-options.ts'

const rule = option.object({
  /** The address of an incoming webhook, itself a secret. */
  webhookUrl: receiverUrlRule(),
  /** @default 'slack' */
  name: option.string().default('slack'),
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of {@link slackSink}. */
export interface SlackSinkOptions extends Options<typeof rule> {}

const signs: Readonly<Record<AlertSeverity, string>> = {
  critical: ':rotating_light:',
  warning: ':warning:',
  info: ':information_source:',
}

/** A section's text may be 3,000 characters long (https://docs.slack.dev/reference/block-kit/blocks/section-block). */
const maxTextLength = 2_900

/** The three characters that mean something in Slack's text (https://docs.slack.dev/messaging/formatting-message-text). */
const escape = (text: string): string =>
  text.replace(/[&<>]/g, (character) => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&gt;'))

function message({
  status,
  name,
  severity,
  summary,
  description,
  runbookUrl,
  labels,
  startsAt,
  endsAt,
}: AlertNotification) {
  const sign = status === 'resolved' ? ':white_check_mark:' : signs[severity]
  const head = `${sign} ${status === 'resolved' ? 'Resolved' : 'Firing'}: ${name}`
  const since = new Date(endsAt ?? startsAt).toISOString()
  const text = [
    `*${escape(head)}*`,
    escape(summary),
    description === undefined ? '' : escape(description),
    runbookUrl === undefined ? '' : `<${escape(runbookUrl)}|Runbook>`,
  ].filter((line) => line !== '')
  const context = Object.entries({ severity, ...labels })
    .map(([key, value]) => `${key}: ${value}`)
    .join(' · ')
  return {
    // What notifications show.
    text: escape(`${head}: ${summary}`),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: text.join('\n').slice(0, maxTextLength) } },
      {
        type: 'context',
        elements: [
          { type: 'plain_text', text: `${context} · ${since}`.slice(0, maxTextLength), emoji: false },
        ],
      },
    ],
  }
}

/**
 * Sends alerts to a channel of Slack's through an incoming webhook.
 *
 * @throws `AlfredConfigError`
 */
export function slackSink(options: SlackSinkOptions): AlertSink {
  const { webhookUrl, name, clock } = readOptions('slackSink', options, rule)
  const headers = { 'Content-Type': 'application/json' }
  return Object.freeze({
    name,
    deliver: (notification, signal) =>
      httpPost(
        { url: webhookUrl, headers, body: JSON.stringify(message(notification)) },
        signal,
        clock.now(),
      ),
  } satisfies AlertSink)
}
