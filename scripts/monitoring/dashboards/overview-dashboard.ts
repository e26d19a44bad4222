import type { DashboardDefinition } from './dashboard-definition.ts'

/** The four golden signals, the promises and the alerts. */
export const overviewDashboard: DashboardDefinition = {
  uid: 'alfred-overview',
  title: 'Alfred: overview',
  description:
    'The four golden signals and what is left of the promises: 99.9 % of requests and time, 95 % within 2 s.',
  panels: [
    {
      title: 'Requests',
      description: 'Requests per second by status code.',
      unit: 'reqps',
      queries: [
        { expr: 'sum by (code) (rate(http_server_requests_total{job="alfred"}[5m]))', legend: '{{code}}' },
      ],
    },
    {
      title: 'Error ratio',
      description: 'The share of requests that end in a 5xx. The promise is below 0.1 %.',
      unit: 'percentunit',
      queries: [
        { expr: 'job:http_server_errors:ratio_rate5m', legend: '5 minutes' },
        { expr: 'job:http_server_errors:ratio_rate1h', legend: '1 hour' },
      ],
      threshold: 0.001,
    },
    {
      title: 'Errors by route and code',
      description: 'Where the errors are.',
      unit: 'reqps',
      queries: [
        {
          expr: 'sum by (route, code) (rate(http_server_requests_total{job="alfred",code=~"5.."}[5m]))',
          legend: '{{route}} {{code}}',
        },
      ],
    },
    {
      title: 'Duration',
      description:
        'Median and 95th percentile of all routes but the streamed chat. The promise is 95 % within 2 s.',
      unit: 's',
      queries: [
        { expr: 'job:http_server_request_duration_seconds:p95_5m', legend: '95 %' },
        {
          expr: 'histogram_quantile(0.5, sum by (job, le) (rate(http_server_request_duration_seconds_bucket{job="alfred",route!="/api/alfred/chat"}[5m])))',
          legend: '50 %',
        },
      ],
      threshold: 2,
    },
    {
      title: 'Duration by route',
      description: '95th percentile of each route; the chat lasts as long as the provider answers.',
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.95, sum by (route, le) (rate(http_server_request_duration_seconds_bucket{job="alfred"}[5m])))',
          legend: '{{route}}',
        },
      ],
    },
    {
      title: 'Requests in flight',
      description: 'Requests whose response has not ended, by instance.',
      unit: 'short',
      queries: [{ expr: 'http_server_active_requests{job="alfred"}', legend: '{{instance}}' }],
    },
    {
      title: 'Available',
      description: '1 while Prometheus reaches a ready instance. The promise is 99.9 % of the time.',
      unit: 'short',
      queries: [{ expr: 'job:alfred_available:max', legend: 'available' }],
    },
    {
      title: 'Budget burn',
      description: 'How many times faster than allowed the error budget of 30 days is spent.',
      unit: 'short',
      queries: [
        { expr: 'job:http_server_errors:ratio_rate1h / 0.001', legend: '1 hour' },
        { expr: 'job:http_server_errors:ratio_rate6h / 0.001', legend: '6 hours' },
      ],
      threshold: 14.4,
    },
    {
      title: 'Alerts',
      description: 'Alerts of Prometheus that fire or are about to.',
      unit: 'short',
      queries: [
        { expr: 'count by (alertname, alertstate) (ALERTS)', legend: '{{alertname}} {{alertstate}}' },
      ],
    },
  ],
}
