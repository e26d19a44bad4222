import type { DashboardDefinition } from './dashboard-definition.ts'

/** Providers and chat. */
export const aiDashboard: DashboardDefinition = {
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
