import { stringify } from 'yaml'

/** Who is told: the receivers of the container setup, or a webhook for each in their place. */
export type Receivers = 'secret-files' | { readonly webhook: string }

const containerReceivers = [
  {
    name: 'pager',
    pagerduty_configs: [{ routing_key_file: '/run/secrets/pagerduty_routing_key', send_resolved: true }],
    slack_configs: [
      { api_url_file: '/run/secrets/slack_webhook_url', channel: '#alerts', send_resolved: true },
    ],
  },
  {
    name: 'chat',
    slack_configs: [
      { api_url_file: '/run/secrets/slack_webhook_url', channel: '#alerts', send_resolved: true },
    ],
  },
]

/**
 * Critical alerts wake somebody, warnings wait in the chat. An instance that is gone says nothing else of itself, and
 * the faster burn rate speaks for the slower ones.
 */
export function alertmanagerConfig(receivers: Receivers): string {
  return stringify({
    route: {
      receiver: 'chat',
      group_by: ['alertname', 'job'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '12h',
      routes: [
        {
          receiver: 'pager',
          matchers: ['severity="critical"'],
          group_wait: '10s',
          group_interval: '1m',
          repeat_interval: '4h',
        },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: ['alertname="AlfredTargetDown"'],
        target_matchers: [
          'alertname=~"AlfredNotReady|AlfredSinkUnavailable|AlfredHealthCheckFailing|AlfredHealthCheckDegraded"',
        ],
        equal: ['job', 'instance'],
      },
      ...['AlfredErrorBudgetBurn', 'AlfredUptimeBudgetBurn'].flatMap((name) => [
        {
          source_matchers: [`alertname="${name}Fast"`],
          target_matchers: [`alertname=~"${name}(Medium|Slow)"`],
          equal: ['job'],
        },
        {
          source_matchers: [`alertname="${name}Medium"`],
          target_matchers: [`alertname="${name}Slow"`],
          equal: ['job'],
        },
      ]),
    ],
    receivers:
      receivers === 'secret-files'
        ? containerReceivers
        : containerReceivers.map(({ name }) => ({
            name,
            webhook_configs: [{ url: `${receivers.webhook}/${name}`, send_resolved: true }],
          })),
  })
}
