import type { DashboardDefinition } from './dashboard-definition.ts'

const overview: DashboardDefinition = {
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

const ai: DashboardDefinition = {
  uid: 'alfred-ai',
  title: 'Alfred: AI providers & chat',
  description: 'Who answers, how fast, and who fails.',
  panels: [
    {
      title: 'Chat messages',
      description: 'Messages answered per second.',
      unit: 'ops',
      queries: [
        { expr: 'sum by (job) (rate(alfred_chat_messages_total{job="alfred"}[5m]))', legend: 'messages' },
      ],
    },
    {
      title: 'Answer duration',
      description: 'From the question to the last token: median and 95th percentile by provider.',
      unit: 's',
      queries: [0.5, 0.95].map((quantile) => ({
        expr: `histogram_quantile(${String(quantile)}, sum by (provider, le) (rate(alfred_ai_response_duration_seconds_bucket{job="alfred"}[5m])))`,
        legend: `{{provider}} ${String(quantile * 100)} %`,
      })),
    },
    {
      title: 'Provider failures',
      description: 'Failed calls per second. Another provider may have answered in its place.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (provider) (rate(alfred_ai_failures_total{job="alfred"}[5m]))',
          legend: '{{provider}}',
        },
      ],
    },
    {
      title: 'Open sessions',
      description: 'Answers that are being streamed.',
      unit: 'short',
      queries: [{ expr: 'sum by (job) (alfred_active_sessions{job="alfred"})', legend: 'sessions' }],
    },
    {
      title: 'Templates',
      description: 'Templates generated per second.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (job) (rate(alfred_templates_generated_total{job="alfred"}[5m]))',
          legend: 'templates',
        },
      ],
    },
    {
      title: 'Errors by type',
      description: 'By the code or the class of the error.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (error_type) (rate(alfred_errors_total{job="alfred"}[5m])) > 0',
          legend: '{{error_type}}',
        },
      ],
    },
  ],
}

const security: DashboardDefinition = {
  uid: 'alfred-security',
  title: 'Alfred: rate limiting & security',
  description: 'What was refused, and whether the limits count where they should.',
  panels: [
    {
      title: 'Denials by policy',
      description: 'Requests over a limit per second; report is what a shadow policy would have denied.',
      unit: 'reqps',
      queries: [
        {
          expr: 'sum by (policy, mode) (rate(alfred_rate_limit_denials_total{job="alfred"}[5m]))',
          legend: '{{policy}} {{mode}}',
        },
      ],
    },
    {
      title: "The limits' store",
      description: '1 while it answers; at 0 each policy does what its onStoreError says.',
      unit: 'short',
      queries: [{ expr: 'alfred_rate_limit_store_available{job="alfred"}', legend: '{{instance}}' }],
    },
    {
      title: 'Bans',
      description: 'Addresses banned in the last hour.',
      unit: 'short',
      queries: [
        { expr: 'sum by (job) (increase(alfred_rate_limit_bans_total{job="alfred"}[1h]))', legend: 'bans' },
      ],
    },
    {
      title: 'Rejected input',
      description: 'Bodies and inputs refused per second, by what was wrong.',
      unit: 'reqps',
      queries: [
        {
          expr: 'sum by (status, code) (rate(alfred_validation_rejections_total{job="alfred"}[5m]))',
          legend: '{{status}} {{code}}',
        },
      ],
    },
    {
      title: 'Forged requests',
      description: 'Requests of other sites that were refused (CSRF).',
      unit: 'reqps',
      queries: [
        { expr: 'sum by (reason) (rate(alfred_csrf_denials_total{job="alfred"}[5m]))', legend: '{{reason}}' },
      ],
    },
    {
      title: 'Violations of the CSP',
      description: 'Reported by browsers per second. An own page that appears here is broken.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (directive) (rate(alfred_csp_violations_total{job="alfred"}[5m]))',
          legend: '{{directive}}',
        },
      ],
    },
  ],
}

const keys: DashboardDefinition = {
  uid: 'alfred-keys',
  title: 'Alfred: keys & vault',
  description: "The providers' keys and the clients' keys.",
  panels: [
    {
      title: 'Age of the current keys',
      description: 'Since a key became the current one.',
      unit: 's',
      queries: [
        { expr: 'time() - alfred_key_rotated_timestamp_seconds{job="alfred"}', legend: '{{provider}}' },
      ],
    },
    {
      title: 'Changes of keys',
      description: 'Versions that came to a stage, since the start.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (provider, stage) (alfred_vault_key_changes_total{job="alfred"})',
          legend: '{{provider}} {{stage}}',
        },
      ],
    },
    {
      title: "The clients' keys' store",
      description: '1 while it answers.',
      unit: 'short',
      queries: [{ expr: 'alfred_client_key_store_available{job="alfred"}', legend: '{{instance}}' }],
    },
  ],
}

const runtime: DashboardDefinition = {
  uid: 'alfred-runtime',
  title: 'Alfred: runtime & dependencies',
  description: 'The process, the database, the health checks, and whether reports and alerts arrive.',
  panels: [
    {
      title: 'Memory',
      description: 'Resident memory as a part of what the process may use. Above 70 % somebody is told.',
      unit: 'percentunit',
      queries: [{ expr: 'process_memory_utilization_ratio{job="alfred"}', legend: '{{instance}}' }],
      threshold: 0.7,
    },
    {
      title: 'Processor',
      description: 'Processor time as a part of the quota. Above 60 % somebody is told.',
      unit: 'percentunit',
      queries: [
        {
          expr: 'rate(process_cpu_seconds_total{job="alfred"}[5m]) / process_cpu_limit_cores{job="alfred"}',
          legend: '{{instance}}',
        },
      ],
      threshold: 0.6,
    },
    {
      title: 'Heap',
      description: 'The V8 heap and what belongs to it outside.',
      unit: 'bytes',
      queries: [
        { expr: 'nodejs_heap_size_used_bytes{job="alfred"}', legend: 'used' },
        { expr: 'nodejs_heap_size_total_bytes{job="alfred"}', legend: 'total' },
        { expr: 'nodejs_external_memory_bytes{job="alfred"}', legend: 'external' },
      ],
    },
    {
      title: 'Event loop delay',
      description: 'Median and 99th percentile since the last scrape. Above 250 ms somebody is told.',
      unit: 's',
      queries: [
        { expr: 'nodejs_eventloop_lag_p99_seconds{job="alfred"}', legend: '99 %' },
        { expr: 'nodejs_eventloop_lag_p50_seconds{job="alfred"}', legend: '50 %' },
      ],
      threshold: 0.25,
    },
    {
      title: 'Garbage collection',
      description: 'The part of the time that goes into it, by kind.',
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum by (kind) (rate(nodejs_gc_duration_seconds_sum{job="alfred"}[5m]))',
          legend: '{{kind}}',
        },
      ],
    },
    {
      title: 'Database connections',
      description: 'Of the pool, by state. Above 80 % of the most there can be somebody is told.',
      unit: 'short',
      queries: [
        { expr: 'alfred_database_connections{job="alfred"}', legend: '{{state}}' },
        { expr: 'alfred_database_connections_max{job="alfred"}', legend: 'most' },
        { expr: 'alfred_database_connections_waiting{job="alfred"}', legend: 'waiting' },
      ],
    },
    {
      title: 'Database statements',
      description: '95th percentile by what they do.',
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.95, sum by (operation, le) (rate(alfred_database_query_duration_seconds_bucket{job="alfred"}[5m])))',
          legend: '{{operation}}',
        },
      ],
    },
    {
      title: 'Health checks',
      description: 'The state each check is in.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (check, state) (alfred_health_check_state{job="alfred"}) > 0',
          legend: '{{check}} {{state}}',
        },
      ],
    },
    {
      title: 'Restarts',
      description: 'How often the process began anew in the last hour.',
      unit: 'short',
      queries: [{ expr: 'changes(process_start_time_seconds{job="alfred"}[1h])', legend: '{{instance}}' }],
    },
    {
      title: 'Reports and alerts',
      description: 'Deliveries to each sink per second, and what was given up.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (channel, sink) (rate(alfred_alerting_deliveries_total{job="alfred"}[5m]))',
          legend: '{{channel}} to {{sink}}',
        },
        {
          expr: 'sum by (job) (rate(alfred_alerting_drops_total{job="alfred"}[5m])) or 0 * sum by (job) (rate(alfred_alerting_deliveries_total{job="alfred"}[5m]))',
          legend: 'given up',
        },
      ],
    },
  ],
}

/** Every dashboard of the example. */
export const dashboards: readonly DashboardDefinition[] = [overview, ai, security, keys, runtime]
