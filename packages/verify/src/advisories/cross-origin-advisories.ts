import { createSecurityHeaders } from '@alfred/security-headers'
import type { ReplayedAdvisory } from './advisory.ts'

const evil = 'https://evil.example'

/** Origins, response headers, and what a page of another site can do. */
export const crossOriginAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2026-54290',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://github.com/vercel/ai/releases/tag/@ai-sdk%2Fdevtools@0.0.20',
    fault: 'Every origin was reflected together with credentials when the origin was left at its default.',
    attacks: [
      {
        by: 'config',
        configs: [
          { cors: { credentials: true, origin: '*' } },
          { cors: { credentials: true, origin: true } },
        ],
      },
      {
        by: 'requests',
        requests: [evil, 'null', 'https://app.example.com.evil.example', 'https://evilapp.example.com'].map(
          (origin) => ({
            headers: [['Origin', origin]] as const,
          }),
        ),
        holds: (answers) =>
          answers.every(({ headers }) => headers['access-control-allow-origin'] === undefined),
      },
    ],
  },
  {
    id: 'CVE-2025-71381',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://osv.dev/vulnerability/GHSA-q7jf-gf43-6x6p',
    fault: 'A Vary header of the request was copied into the response.',
    attacks: [
      {
        by: 'requests',
        requests: ['https://app.example.com', evil].map((origin) => ({
          headers: [
            ['Origin', origin],
            ['Vary', 'X-Forged'],
          ] as const,
        })),
        holds: (answers) =>
          answers.every(
            ({ headers }) =>
              /\bOrigin\b/i.test(headers['vary'] ?? '') && !headers['vary']?.includes('X-Forged'),
          ),
      },
    ],
  },
  {
    id: 'CVE-2026-69207',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://osv.dev/vulnerability/CVE-2026-69207',
    fault: 'Blanks in Access-Control-Request-Headers took the regular expression for it seconds.',
    attacks: [
      {
        by: 'requests',
        requests: [' '.repeat(7000), `a${' '.repeat(7000)}b`, 'a ,'.repeat(2300)].map((list) => ({
          method: 'OPTIONS',
          headers: [
            ['Origin', 'https://app.example.com'],
            ['Access-Control-Request-Method', 'PUT'],
            ['Access-Control-Request-Headers', list],
          ] as const,
        })),
        holds: (answers) =>
          answers.every(({ status, tookMs }) => status > 0 && status < 500 && tookMs < 1000),
      },
    ],
  },
  {
    id: 'CVE-2026-54163',
    package: 'secure_headers',
    kind: 'cross-origin',
    source: 'https://osv.dev/vulnerability/CVE-2026-54163',
    fault: 'A semicolon in a value of the Content-Security-Policy began a directive of the attacker.',
    attacks: [
      {
        by: 'config',
        configs: [
          ["x; script-src 'unsafe-inline' *"],
          ['https://a.example; script-src *'],
          ['https://a.example\r\nX-Forged: 1'],
        ].flatMap((sources) => [
          { headers: { contentSecurityPolicy: { directives: { imgSrc: sources } } } },
          { headers: { contentSecurityPolicy: { directives: { sandbox: sources } } } },
          { headers: { contentSecurityPolicy: { directives: { reportTo: sources } } } },
        ]),
      },
      {
        by: 'call',
        // The same fault in another place: a function that gives the value for each request.
        holds: () => {
          try {
            createSecurityHeaders({
              contentSecurityPolicy: { directives: { scriptSrc: ["'self'; object-src *"] } },
            })
            return false
          } catch {
            return true
          }
        },
      },
    ],
  },
  {
    id: 'CVE-2026-44457',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://www.kodemsecurity.com/cve-archive/cve-2026-44457',
    fault: 'An answer to one authenticated client was kept and given to others.',
    attacks: [
      {
        by: 'requests',
        requests: [{ target: '/admin', headers: [['Authorization', 'Bearer {key}']] }, { target: '/admin' }],
        holds: ([own, other]) =>
          own?.status === 200 &&
          /\bAuthorization\b/i.test(own.headers['vary'] ?? '') &&
          other?.status === 401,
      },
    ],
  },
]
