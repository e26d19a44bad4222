import type { Attack, ReplayedAdvisory } from './advisory.ts'

/** What a page sends whose name now resolves to this server: to the browser it is the same origin. */
const rebound = (method: string): Attack => ({
  by: 'requests',
  config: { allowedHosts: ['app.example.com'] },
  requests: [
    'evil.example:3000',
    'evil.example',
    'app.example.com.evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ].map((host) => ({
    method,
    target: '/mcp',
    host,
    headers: [
      ['Origin', `http://${host}`],
      ['Sec-Fetch-Site', 'same-origin'],
      ['Content-Type', 'application/json'],
    ] as const,
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
  })),
  holds: (answers) =>
    answers.every(({ status, body }) => status >= 400 && status < 500 && !body.includes('"ran":true')),
})

const fault = 'A page whose name was made to resolve to 127.0.0.1 could call a server that listens there.'

/** DNS rebinding. */
export const hostAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2025-66414',
    package: '@modelcontextprotocol/sdk',
    kind: 'host',
    source: 'https://github.com/modelcontextprotocol/typescript-sdk/security/advisories/GHSA-w48q-cv73-mx4w',
    fault,
    attacks: [rebound('POST'), rebound('GET')],
  },
  {
    id: 'CVE-2025-66416',
    package: 'mcp',
    kind: 'host',
    source: 'https://portal.vyprsec.ai/cves/CVE-2025-66416',
    fault,
    attacks: [rebound('POST')],
  },
  {
    id: 'CVE-2026-34742',
    package: 'github.com/modelcontextprotocol/go-sdk',
    kind: 'host',
    source: 'https://osv.dev/vulnerability/CVE-2026-34742',
    fault,
    attacks: [rebound('POST'), rebound('DELETE')],
  },
]
