import type { RecordingRule } from './alert-rule.ts'

/** The windows of the burn rates. */
export const windows = ['5m', '30m', '1h', '6h', '3d'] as const
export type Window = (typeof windows)[number]

const requests = (window: Window, matchers = ''): string =>
  `sum by (job) (rate(http_server_requests_total{job="alfred"${matchers}}[${window}]))`

/**
 * What several alerts and panels ask for. A server without any 5xx has no such series yet: its ratio is 0, not
 * nothing. Without requests there is no ratio.
 */
export const recordingRules: readonly RecordingRule[] = [
  ...windows.flatMap((window) => [
    { record: `job:http_server_requests:rate${window}`, expr: requests(window) },
    {
      record: `job:http_server_errors:ratio_rate${window}`,
      expr: `(${requests(window, ',code=~"5.."')} or 0 * ${requests(window)}) / (${requests(window)} > 0)`,
    },
  ]),
  {
    // The chat route streams for as long as the provider answers; the dashboards show it apart.
    record: 'job:http_server_request_duration_seconds:p95_5m',
    expr: 'histogram_quantile(0.95, sum by (job, le) (rate(http_server_request_duration_seconds_bucket{job="alfred",route!="/api/alfred/chat"}[5m])))',
  },
  {
    // Prometheus is the one that looks from outside: an instance counts when it was scraped and says it is ready.
    record: 'job:alfred_available:max',
    expr: 'max by (job) (alfred_ready{job="alfred"} and on (job, instance) up{job="alfred"} == 1) or max by (job) (up{job="alfred"})',
  },
  ...windows.map((window) => ({
    record: `job:alfred_unavailable:ratio_${window}`,
    expr: `1 - avg_over_time(job:alfred_available:max[${window}])`,
  })),
]
