import { type AlertRule, job, series } from './alert-rule.ts'
import type { Window } from './recording-rules.ts'

/** The share of requests, and of time, that may fail: 99.9 % are promised. */
const budget = 0.001

/**
 * Multi-window, multi-burn-rate alerts (The Site Reliability Workbook, chapter 5): the long window says that it
 * matters, the short one that it is still going on. 14.4 times the budget for an hour is 2 % of a month's.
 */
interface BurnRate {
  readonly suffix: 'Fast' | 'Medium' | 'Slow'
  readonly factor: number
  readonly long: Window
  readonly short: Window
  readonly severity: AlertRule['severity']
  readonly spends: string
}

const burnRates: readonly BurnRate[] = [
  {
    suffix: 'Fast',
    factor: 14.4,
    long: '1h',
    short: '5m',
    severity: 'critical',
    spends: '2 % of the budget of 30 days in an hour',
  },
  {
    suffix: 'Medium',
    factor: 6,
    long: '6h',
    short: '30m',
    severity: 'critical',
    spends: '5 % of the budget of 30 days in six hours',
  },
  {
    suffix: 'Slow',
    factor: 1,
    long: '3d',
    short: '6h',
    severity: 'warning',
    spends: '10 % of the budget of 30 days in three days',
  },
]

/** When the tests look: after the long window, in steps that are short beside it. */
const testTimes = {
  Fast: { step: '1m', at: '75m', steps: 75 },
  Medium: { step: '15m', at: '390m', steps: 26 },
  Slow: { step: '15m', at: '75h', steps: 300 },
} as const

/** Fewer requests than this in the short window say nothing about a ratio. */
const leastRequests = 10

const seconds: Readonly<Record<Window, number>> = {
  '5m': 300,
  '30m': 1800,
  '1h': 3600,
  '6h': 21_600,
  '3d': 259_200,
}
const threshold = ({ factor }: BurnRate): string => String(Math.round(factor * budget * 1e6) / 1e6)

const answered = (code: string): string =>
  series('http_server_requests_total', {
    method: 'GET',
    route: '/api/alfred/templates',
    code,
    outcome: 'completed',
  })

const errorAlert = (rate: BurnRate): AlertRule => {
  const { suffix, long, short, severity, spends } = rate
  const { step, at } = testTimes[suffix]
  const samples = '400'
  const share = rate.factor * budget * 100
  // A little more than the threshold, and half of it.
  const requests = (percent: number) => ({
    [answered('200')]: `0+${String(Math.round(1000 * (100 - percent)))}x${samples}`,
    [answered('500')]: `0+${String(Math.round(1000 * percent))}x${samples}`,
  })
  return {
    name: `AlfredErrorBudgetBurn${suffix}`,
    severity,
    expr: `job:http_server_errors:ratio_rate${long} > ${threshold(rate)} and job:http_server_errors:ratio_rate${short} > ${threshold(rate)} and job:http_server_requests:rate${short} > ${String(leastRequests)} / ${String(seconds[short])}`,
    summary: `Requests fail at more than ${String(rate.factor)} times the rate that 99.9 % allows.`,
    description: `That spends ${spends}.`,
    tests: {
      step,
      fires: { series: requests(share * 1.1), at, labels: { job } },
      silent: { series: requests(share * 0.5), at },
    },
  }
}

/** A Prometheus that begins together with the server has seen nothing but its start: that wakes nobody. */
const seenBefore = 'job:alfred_available:max offset 15m >= 0'

const uptimeAlert = (rate: BurnRate): AlertRule => {
  const { suffix, long, short, severity, spends } = rate
  const { step, at, steps } = testTimes[suffix]
  const up = series('up')
  const ready = series('alfred_ready')
  // One of two instances is away.
  const otherIsReady = {
    [up]: '1x10 0x1000',
    [ready]: '1x10 stale',
    'up{job="alfred",instance="other:3000"}': '1x1010',
    'alfred_ready{job="alfred",instance="other:3000"}': '1x1010',
  }
  return {
    name: `AlfredUptimeBudgetBurn${suffix}`,
    severity,
    expr: `job:alfred_unavailable:ratio_${long} > ${threshold(rate)} and job:alfred_unavailable:ratio_${short} > ${threshold(rate)} and ${seenBefore}`,
    summary: `Alfred is away for more than ${String(rate.factor)} times the time that 99.9 % allows.`,
    description: `That spends ${spends}. No instance was scraped and ready.`,
    tests: {
      step,
      fires: {
        series: { [up]: `1x${String(steps - 3)} 0x2`, [ready]: `1x${String(steps - 3)} stale` },
        at,
        labels: { job },
      },
      silent: suffix === 'Fast' ? { series: { [up]: '0x12' }, at: '12m' } : { series: otherIsReady, at },
    },
  }
}

/** The three promises: errors, uptime, and 95 % of the answers within two seconds. */
export const sloAlerts: readonly AlertRule[] = [
  ...burnRates.map(errorAlert),
  ...burnRates.map(uptimeAlert),
  {
    name: 'AlfredLatencyHigh',
    severity: 'warning',
    expr: `job:http_server_request_duration_seconds:p95_5m > 2 and job:http_server_requests:rate5m > ${String(leastRequests)} / 300`,
    for: '10m',
    summary: 'Of 20 requests one takes longer than 2 seconds.',
    description: 'The chat route is left out: it lasts as long as the provider answers.',
    tests: {
      fires: {
        series: {
          [answered('200')]: '0+100x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/a', le: '2' })]: '0+50x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/a', le: '5' })]: '0+100x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/a', le: '+Inf' })]: '0+100x40',
        },
        at: '30m',
        labels: { job },
      },
      silent: {
        series: {
          [answered('200')]: '0+100x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/a', le: '2' })]: '0+99x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/a', le: '+Inf' })]: '0+100x40',
          // A chat of 30 seconds is no slow request.
          [series('http_server_request_duration_seconds_bucket', { route: '/api/alfred/chat', le: '2' })]:
            '0x40',
          [series('http_server_request_duration_seconds_bucket', { route: '/api/alfred/chat', le: '+Inf' })]:
            '0+100x40',
        },
        at: '30m',
      },
    },
  },
]
