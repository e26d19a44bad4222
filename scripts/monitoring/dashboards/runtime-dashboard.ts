import type { DashboardDefinition } from './dashboard-definition.ts'

/** The process and what it depends on. */
export const runtimeDashboard: DashboardDefinition = {
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
      description: '0 is pass, 1 warn, 2 fail: the worst of the instances.',
      unit: 'short',
      queries: [
        {
          expr: 'max by (check) (alfred_health_check_state{job="alfred",state="warn"} or 2 * alfred_health_check_state{job="alfred",state="fail"})',
          legend: '{{check}}',
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
