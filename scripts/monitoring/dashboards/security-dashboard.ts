import type { DashboardDefinition } from './dashboard-definition.ts'

/** What was refused. */
export const securityDashboard: DashboardDefinition = {
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
