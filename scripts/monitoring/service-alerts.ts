import { type AlertRule, increased, instance, job, series } from './alert-rule.ts'

type Criticality = 'critical' | 'degrading' | 'informational'

const checkState = (criticality: Criticality, state: string): string =>
  series('alfred_health_check_state', { check: 'database', criticality, state })

/** An alert on the failing checks of one criticality. */
const checkFailing = (
  criticality: Criticality,
  texts: Pick<AlertRule, 'name' | 'severity' | 'summary' | 'description'>,
): AlertRule => ({
  ...texts,
  expr: `alfred_health_check_state{job="alfred",criticality="${criticality}",state="fail"} == 1`,
  for: '5m',
  tests: {
    fires: {
      series: { [checkState(criticality, 'fail')]: '0x2 1x10' },
      at: '10m',
      labels: { ...instance, check: 'database', criticality, state: 'fail' },
    },
    silent: {
      series: {
        [checkState(criticality, 'fail')]: '0x12',
        [checkState(criticality, 'warn')]: '1x12',
        [checkState('informational', 'fail')]: '1x12',
      },
      at: '10m',
    },
  },
})

/** What the server depends on and what it promises its operators. */
export const serviceAlerts: readonly AlertRule[] = [
  {
    name: 'AlfredTargetDown',
    severity: 'critical',
    expr: 'up{job="alfred"} == 0',
    for: '1m',
    summary: '{{ $labels.instance }} cannot be scraped.',
    description: 'The process has ended, hangs, or refuses the scrape (a wrong METRICS_TOKEN).',
    tests: {
      fires: { series: { [series('up')]: '1x5 0x10' }, at: '10m', labels: instance },
      silent: { series: { [series('up')]: '1x5 0x0 1x10' }, at: '10m' },
    },
  },
  {
    name: 'AlfredTargetMissing',
    severity: 'critical',
    expr: 'absent(up{job="alfred"})',
    for: '5m',
    summary: 'Prometheus knows no instance of Alfred.',
    description: 'Every other alert is blind: none of them has a series.',
    tests: {
      fires: { series: { 'up{job="other"}': '1x20' }, at: '10m', labels: { job } },
      silent: { series: { [series('up')]: '0x20' }, at: '10m' },
    },
  },
  {
    name: 'AlfredNotReady',
    severity: 'critical',
    expr: 'alfred_ready{job="alfred"} == 0 unless on (job, instance) alfred_draining{job="alfred"} == 1',
    for: '2m',
    summary: '{{ $labels.instance }} is not ready.',
    description: 'Its readiness probe fails, and it is not being drained.',
    tests: {
      fires: {
        series: { [series('alfred_ready')]: '1x2 0x10', [series('alfred_draining')]: '0x12' },
        at: '8m',
        labels: instance,
      },
      silent: {
        series: { [series('alfred_ready')]: '1x2 0x10', [series('alfred_draining')]: '0x2 1x10' },
        at: '8m',
      },
    },
  },
  checkFailing('critical', {
    name: 'AlfredHealthCheckFailing',
    severity: 'critical',
    summary: 'The check {{ $labels.check }} of {{ $labels.instance }} fails.',
    description: 'What it stands for is down, and nothing stands in for it.',
  }),
  checkFailing('degrading', {
    name: 'AlfredHealthCheckDegraded',
    severity: 'warning',
    summary:
      'The check {{ $labels.check }} of {{ $labels.instance }} fails; the instance serves all the same.',
    description: 'Something else stands in for what is down, or it is not needed by everybody.',
  }),
  {
    name: 'AlfredAiProviderFailing',
    severity: 'warning',
    expr: 'sum by (job, provider) (rate(alfred_ai_failures_total{job="alfred"}[5m])) > 0.2 * (sum by (job, provider) (rate(alfred_ai_response_duration_seconds_count{job="alfred"}[5m]) or 0 * rate(alfred_ai_failures_total{job="alfred"}[5m])) + sum by (job, provider) (rate(alfred_ai_failures_total{job="alfred"}[5m]))) and sum by (job, provider) (increase(alfred_ai_failures_total{job="alfred"}[5m])) > 3',
    for: '5m',
    summary: 'More than a fifth of the calls of {{ $labels.provider }} fail.',
    description:
      'Others answer in its place where they are configured; a request that names it gets an error.',
    tests: {
      fires: {
        series: {
          [series('alfred_ai_failures_total', { provider: 'openai' })]: '0+5x20',
          [series('alfred_ai_response_duration_seconds_count', { provider: 'openai' })]: '0+10x20',
        },
        at: '15m',
        labels: { job, provider: 'openai' },
      },
      silent: {
        series: {
          [series('alfred_ai_failures_total', { provider: 'openai' })]: '0+5x20',
          [series('alfred_ai_response_duration_seconds_count', { provider: 'openai' })]: '0+95x20',
          // Too few to say anything.
          [series('alfred_ai_failures_total', { provider: 'ollama' })]: '0x10 1x10',
        },
        at: '15m',
      },
    },
  },
  {
    name: 'AlfredAiUnavailable',
    severity: 'critical',
    expr: 'sum by (job) (increase(alfred_ai_failures_total{job="alfred"}[5m])) > 3 unless sum by (job) (increase(alfred_ai_response_duration_seconds_count{job="alfred"}[5m])) > 0',
    for: '2m',
    summary: 'No AI provider answers.',
    description: 'Every call of the last five minutes failed, of every provider.',
    tests: {
      fires: {
        series: {
          [series('alfred_ai_failures_total', { provider: 'openai' })]: '0+5x20',
          [series('alfred_ai_response_duration_seconds_count', { provider: 'openai' })]: '7x20',
        },
        at: '15m',
        labels: { job },
      },
      silent: {
        series: {
          [series('alfred_ai_failures_total', { provider: 'openai' })]: '0+5x20',
          [series('alfred_ai_response_duration_seconds_count', { provider: 'anthropic' })]: '0+5x20',
        },
        at: '15m',
      },
    },
  },
  {
    name: 'AlfredRateLimitStoreDown',
    severity: 'warning',
    expr: 'alfred_rate_limit_store_available{job="alfred"} == 0',
    for: '1m',
    summary: '{{ $labels.instance }} counts its rate limits without their store.',
    description: 'Each policy does what its onStoreError says: local limits, denials, or none.',
    tests: {
      fires: {
        series: { [series('alfred_rate_limit_store_available')]: '1x2 0x10' },
        at: '6m',
        labels: instance,
      },
      silent: { series: { [series('alfred_rate_limit_store_available')]: '1x2 0x0 1x10' }, at: '6m' },
    },
  },
  {
    name: 'AlfredErrorReportsDropped',
    severity: 'warning',
    expr: increased('alfred_alerting_drops_total{job="alfred",channel="errors"}', 'job, sink', '10m'),
    summary: 'Error reports for {{ $labels.sink }} are lost.',
    description:
      'The error tracker cannot be reached, refuses the reports, or there are more of them than it takes.',
    tests: {
      fires: {
        series: {
          [series('alfred_alerting_drops_total', { channel: 'errors', sink: 'sentry', reason: 'refused' })]:
            '_x10 1x20',
        },
        at: '15m',
        labels: { job, sink: 'sentry' },
      },
      silent: {
        series: {
          [series('alfred_alerting_drops_total', { channel: 'errors', sink: 'sentry', reason: 'refused' })]:
            '7x30',
          [series('alfred_alerting_drops_total', { channel: 'alerts', sink: 'slack', reason: 'refused' })]:
            '0+1x30',
        },
        at: '25m',
      },
    },
  },
  {
    name: 'AlfredSinkUnavailable',
    severity: 'warning',
    expr: 'alfred_alerting_sink_state{job="alfred",state="unavailable"} == 1',
    for: '10m',
    summary: '{{ $labels.sink }} takes no {{ $labels.channel }} of {{ $labels.instance }}.',
    description: 'Deliveries are tried every 30 seconds and given up when they are too old.',
    tests: {
      fires: {
        series: {
          [series('alfred_alerting_sink_state', { channel: 'errors', sink: 'sentry', state: 'unavailable' })]:
            '1x20',
        },
        at: '15m',
        labels: { ...instance, channel: 'errors', sink: 'sentry', state: 'unavailable' },
      },
      silent: {
        series: {
          [series('alfred_alerting_sink_state', { channel: 'errors', sink: 'sentry', state: 'unavailable' })]:
            '1x5 0x15',
          [series('alfred_alerting_sink_state', { channel: 'errors', sink: 'sentry', state: 'available' })]:
            '0x5 1x15',
        },
        at: '15m',
      },
    },
  },
  {
    name: 'AlfredProxyMisconfigured',
    severity: 'warning',
    expr: 'alfred_proxy_misconfigurations_total{job="alfred"} > 0',
    summary: 'trustProxy of {{ $labels.instance }} does not fit what stands in front of it.',
    description: 'Rate limits and bans may count the wrong address. Problem: {{ $labels.problem }}.',
    tests: {
      fires: {
        series: {
          [series('alfred_proxy_misconfigurations_total', { problem: 'untrusted-forwarded-for' })]: '1x10',
        },
        at: '5m',
        labels: { ...instance, problem: 'untrusted-forwarded-for' },
      },
      silent: {
        series: {
          [series('alfred_proxy_misconfigurations_total', { problem: 'untrusted-forwarded-for' })]: '0x10',
        },
        at: '5m',
      },
    },
  },
]
