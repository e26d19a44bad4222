import { type AlertRule, instance, series } from './alert-rule.ts'

/** How much of what there is may be used. */
export const resourceAlerts: readonly AlertRule[] = [
  {
    name: 'AlfredDatabaseConnectionsHigh',
    severity: 'warning',
    expr: 'alfred_database_connections{job="alfred",state="used"} / ignoring (state) alfred_database_connections_max{job="alfred"} > 0.8',
    for: '5m',
    summary: '{{ $labels.instance }} uses more than 80 % of its database connections.',
    description: 'When there is none left, requests wait.',
    tests: {
      fires: {
        series: {
          [series('alfred_database_connections', { state: 'used' })]: '9x20',
          [series('alfred_database_connections', { state: 'idle' })]: '1x20',
          [series('alfred_database_connections_max')]: '10x20',
        },
        at: '10m',
        labels: instance,
      },
      silent: {
        series: {
          [series('alfred_database_connections', { state: 'used' })]: '8x20',
          [series('alfred_database_connections', { state: 'idle' })]: '2x20',
          [series('alfred_database_connections_max')]: '10x20',
        },
        at: '10m',
      },
    },
  },
  {
    name: 'AlfredMemoryHigh',
    severity: 'warning',
    expr: 'process_memory_utilization_ratio{job="alfred"} > 0.7',
    for: '10m',
    summary: '{{ $labels.instance }} uses more than 70 % of its memory.',
    description: 'At 100 % of its control group the kernel ends it.',
    tests: {
      fires: {
        series: { [series('process_memory_utilization_ratio')]: '0.71x20' },
        at: '15m',
        labels: instance,
      },
      silent: { series: { [series('process_memory_utilization_ratio')]: '0.9x5 0.69x15' }, at: '15m' },
    },
  },
  {
    name: 'AlfredCpuHigh',
    severity: 'warning',
    expr: 'rate(process_cpu_seconds_total{job="alfred"}[5m]) / process_cpu_limit_cores{job="alfred"} > 0.6',
    for: '10m',
    summary: '{{ $labels.instance }} uses more than 60 % of its processor time.',
    description: 'Answers slow down well before 100 %.',
    tests: {
      // 75 of 120 seconds a minute, then 66.
      fires: {
        series: {
          [series('process_cpu_seconds_total')]: '0+75x30',
          [series('process_cpu_limit_cores')]: '2x30',
        },
        at: '20m',
        labels: instance,
      },
      silent: {
        series: {
          [series('process_cpu_seconds_total')]: '0+66x30',
          [series('process_cpu_limit_cores')]: '2x30',
        },
        at: '20m',
      },
    },
  },
  {
    name: 'AlfredEventLoopDelayed',
    severity: 'warning',
    expr: 'nodejs_eventloop_lag_p99_seconds{job="alfred"} > 0.25',
    for: '5m',
    summary: 'The event loop of {{ $labels.instance }} is late by more than 250 ms.',
    description: 'Something computes for too long at a time; every request waits for it.',
    tests: {
      fires: {
        series: { [series('nodejs_eventloop_lag_p99_seconds')]: '0.3x20' },
        at: '10m',
        labels: instance,
      },
      silent: { series: { [series('nodejs_eventloop_lag_p99_seconds')]: '0.3x3 0.02x17' }, at: '10m' },
    },
  },
]
