import type { ReplayedAdvisory } from './advisory.ts'

/** Keys, telemetry and hosts. */
export const keyAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2025-61928',
    package: 'better-auth',
    kind: 'key',
    source:
      'https://zeropath.com/blog/breaking-authentication-unauthenticated-api-key-creation-in-better-auth-cve-2025-61928',
    fault: 'A user id in the body counted as a user who had signed in.',
    attacks: [
      {
        by: 'requests',
        requests: ['/api/keys', '/admin'].map((target) => ({
          method: 'POST',
          target,
          headers: [['Content-Type', 'application/json']] as const,
          body: '{"userId":"victim","user":{"id":"victim"},"identity":{"kind":"api-key","id":"victim"}}',
        })),
        holds: (answers) => answers.every(({ status }) => status === 401),
      },
    ],
  },
  {
    id: 'CVE-2026-47673',
    package: 'hono',
    kind: 'key',
    source:
      'https://portal.vyprsec.ai/articles/hono-4-12-21-four-medium-severity-cves-disclosed-in-a-single-advisory',
    fault: 'A token was taken with any Authorization scheme.',
    attacks: [
      {
        by: 'requests',
        requests: [
          'Basic {key}',
          'Token {key}',
          'Digest {key}',
          '{key}',
          'Bearer{key}',
          'Bearer Bearer {key}',
        ].map((value) => ({
          target: '/admin',
          headers: [['Authorization', value]] as const,
        })),
        holds: (answers) => answers.every(({ status }) => status === 401),
      },
    ],
  },
  {
    id: 'CVE-2026-44902',
    package: '@opentelemetry/exporter-prometheus',
    kind: 'telemetry',
    source: 'https://vuln.today/cve/CVE-2026-44902',
    fault: 'A target that is no URL ended the process by the metrics endpoint.',
    attacks: [
      {
        by: 'requests',
        requests: [
          'http://',
          'http://%',
          '/metrics?%',
          '//',
          '/metrics\\',
          'http://[/metrics',
          '*',
          '/metrics#',
        ].map((target) => ({
          target,
        })),
        holds: (answers) => answers.every(({ status }) => status > 0 && status < 500),
      },
    ],
  },
  {
    id: 'CVE-2026-54285',
    package: '@opentelemetry/core',
    kind: 'telemetry',
    source: 'https://osv.dev/CVE-2026-54285',
    fault: 'A baggage header of any size was parsed into as many entries.',
    attacks: [
      {
        by: 'requests',
        requests: [
          { headers: [['Baggage', 'a=b,'.repeat(1900)]] },
          { headers: [['Baggage', 'a=b,'.repeat(3500)]] },
        ],
        holds: ([fits, exceeds]) =>
          fits?.status === 200 && fits.tookMs < 2000 && exceeds !== undefined && exceeds.status === 431,
      },
    ],
  },
  {
    id: 'CVE-2026-29181',
    package: 'go.opentelemetry.io/otel',
    kind: 'telemetry',
    source: 'https://www.miggo.io/vulnerability-database/cve/CVE-2026-29181',
    fault: 'The limit of a baggage header held for each of many fields, and not for all.',
    attacks: [
      {
        by: 'requests',
        requests: [
          { headers: Array.from({ length: 150 }, () => ['Baggage', 'a=b,c=d'] as const) },
          { headers: Array.from({ length: 80 }, () => ['Baggage', 'a=b,'.repeat(60)] as const) },
        ],
        holds: (answers) => answers.every(({ status, tookMs }) => status === 431 && tookMs < 2000),
      },
    ],
  },
  {
    id: 'CVE-2026-40894',
    package: 'OpenTelemetry.Api',
    kind: 'telemetry',
    source: 'https://cvereports.com/reports/CVE-2026-40894',
    fault: 'Separators alone in a propagation header were split into an object each.',
    attacks: [
      {
        by: 'requests',
        requests: ['Baggage', 'Tracestate', 'Traceparent', 'B3', 'Uber-Trace-Id'].map((name) => ({
          headers: [[name, ',;=-'.repeat(1900)]] as const,
        })),
        holds: (answers) => answers.every(({ status, tookMs }) => status === 200 && tookMs < 2000),
      },
    ],
  },
]
