import { createAddressList } from '@alfred/core'
import type { Attack, ReplayedAdvisory } from './advisory.ts'
import type { Answer, RawRequest } from './raw-request.ts'

const from = (address: string, ...headers: (readonly [string, string])[]): RawRequest => ({
  headers: [['X-Forwarded-For', address], ...headers],
})

const statuses = (answers: readonly Answer[]): string => answers.map(({ status }) => status).join(' ')

const limited = {
  policies: [{ name: 'all', key: 'address', limit: 1, windowMs: 600_000, match: '/' }],
} as const

/** Clients on a deny list that come with these spellings of their address. */
const denied = (entries: readonly string[], spellings: readonly string[]): Attack => ({
  by: 'requests',
  config: { rateLimit: { deny: entries } },
  requests: spellings.map((spelling) => from(spelling)),
  holds: (answers) => answers.every(({ status }) => status === 403),
})

const directTrust = '10.0.0.1'

/** Addresses are compared as text, or taken from whoever sends them. */
export const addressAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2026-39409',
    package: 'hono',
    kind: 'address',
    source: 'https://osv.dev/vulnerability/GHSA-xpcf-pg52-r92g',
    fault: 'IPv4-mapped clients passed a deny list of IPv4 addresses.',
    attacks: [
      denied(['203.0.113.7'], ['::ffff:203.0.113.7']),
      denied(['203.0.113.0/24'], ['::ffff:203.0.113.7']),
    ],
  },
  {
    id: 'CVE-2026-47674',
    package: 'hono',
    kind: 'address',
    source: 'https://vulnerability.circl.lu/vuln/ghsa-xrhx-7g5j-rcj5',
    fault: 'Other spellings of a denied IPv6 address, and zones, passed.',
    attacks: [
      denied(
        ['2001:db8::1'],
        [
          '2001:db8:0:0:0:0:0:1',
          '2001:0DB8::0001',
          '2001:db8:0000::1',
          '[2001:db8::1]:443',
          '2001:db8::1%eth0',
        ],
      ),
      denied(['203.0.113.7'], ['::ffff:cb00:7107', '::FFFF:203.0.113.7', '0:0:0:0:0:ffff:cb00:7107']),
      denied(['::ffff:cb00:7107'], ['203.0.113.7', '203.0.113.7:50001']),
    ],
  },
  {
    id: 'CVE-2026-24398',
    package: 'hono',
    kind: 'address',
    source: 'https://fixthecve.com/cve/CVE-2026-24398',
    fault: 'Numbers above 255 were carried into the next one, so that rubbish was an allowed address.',
    attacks: [
      {
        by: 'requests',
        config: { rateLimit: { ...limited, allow: ['203.0.114.7'] } },
        requests: [from('203.0.113.263'), from('203.0.113.263'), from('203.0.114.7'), from('203.0.114.7')],
        holds: (answers) => statuses(answers) === '200 429 200 200',
      },
      {
        by: 'call',
        holds: () =>
          !createAddressList(['1.2.4.4', '0.0.0.1']).has('1.2.3.260') &&
          !createAddressList(['0.0.0.1']).has('1'),
      },
    ],
  },
  {
    id: 'CVE-2026-30827',
    package: 'express-rate-limit',
    kind: 'address',
    source:
      'https://github.com/express-rate-limit/express-rate-limit/security/advisories/GHSA-46wh-pxpv-q5gq',
    fault: 'All IPv4-mapped clients shared the bucket of one IPv6 network.',
    attacks: [
      {
        by: 'requests',
        config: { rateLimit: limited },
        requests: ['::ffff:203.0.113.7', '::ffff:203.0.113.8', '203.0.113.9', '::ffff:203.0.113.7'].map(
          (each) => from(each),
        ),
        holds: (answers) => statuses(answers) === '200 200 200 429',
      },
    ],
  },
  {
    id: 'CVE-2026-3635',
    package: 'fastify',
    kind: 'address',
    source: 'https://github.com/advisories/GHSA-444r-cwp2-x5xf',
    fault: 'X-Forwarded-Proto and X-Forwarded-Host were believed of peers that were not trusted.',
    attacks: [
      {
        by: 'requests',
        config: { trustProxy: directTrust },
        requests: [
          from(
            '203.0.113.7',
            ['X-Forwarded-Proto', 'https'],
            ['X-Forwarded-Host', 'evil.example'],
            ['X-Request-Id', 'forged'],
          ),
        ],
        holds: ([answer]) =>
          answer?.status === 200 &&
          answer.headers['strict-transport-security'] === undefined &&
          answer.headers['x-request-id'] !== 'forged',
      },
    ],
  },
  {
    id: 'CVE-2026-90711',
    package: 'proxy-addr',
    kind: 'address',
    source: 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/90xxx/CVE-2026-90711.json',
    fault: 'A mapped network with the prefix of an IPv4 one, ::ffff:10.0.0.0/8, trusted every IPv4 address.',
    attacks: [
      {
        by: 'config',
        configs: ['::ffff:10.0.0.0/8', '::ffff:0:0/96', '::ffff:10.0.0.0/96'].map((trustProxy) => ({
          trustProxy,
        })),
      },
    ],
  },
  {
    id: 'CVE-2026-92395',
    package: '@fastify/proxy-addr',
    kind: 'address',
    source: 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/92xxx/CVE-2026-92395.json',
    fault: 'The same, inherited.',
    attacks: [
      {
        by: 'config',
        configs: [
          { trustProxy: ['10.0.0.1', '::ffff:192.168.0.0/16'] },
          { rateLimit: { allow: ['::ffff:10.0.0.0/8'] } },
        ],
      },
      {
        by: 'requests',
        config: { trustProxy: '::ffff:10.0.0.0/104', rateLimit: limited },
        requests: [from('203.0.113.7'), from('203.0.113.8')],
        holds: (answers) => statuses(answers) === '200 429',
      },
    ],
  },
  {
    id: 'CVE-2026-121192',
    package: '@fastify/proxy-addr',
    kind: 'address',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/121xxx/CVE-2026-121192.json',
    fault:
      'The zone of a trusted link-local address was ignored, so that of every other link was trusted too.',
    attacks: [
      { by: 'config', configs: [{ trustProxy: 'fe80::1%eth0' }, { rateLimit: { allow: ['fe80::1%eth0'] } }] },
    ],
  },
  {
    id: 'CVE-2026-121619',
    package: 'symfony/framework-bundle',
    kind: 'address',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/121xxx/CVE-2026-121619.json',
    fault: 'Clients whose 6to4, Teredo or NAT64 address held a private IPv4 address were trusted as proxies.',
    attacks: [
      {
        by: 'call',
        holds: () => {
          const list = createAddressList(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8'])
          return ['64:ff9b::10.0.0.1', '2002:a00:1::1', '2001:0:a00:1::1', '64:ff9b:1::10.0.0.1'].every(
            (each) => !list.has(each),
          )
        },
      },
    ],
  },
  {
    id: 'CVE-2026-40199',
    package: 'Net::CIDR::Lite',
    kind: 'address',
    source: 'https://cve.akaoma.com/cve-2026-40199',
    fault: 'A mapped network matched addresses beside it and missed those in it.',
    attacks: [
      {
        by: 'call',
        holds: () => {
          const list = createAddressList(['::ffff:192.168.1.0/120'])
          return (
            !list.has('::ffff:192.168.2.0') && list.has('::ffff:192.168.1.9') && list.has('192.168.1.255')
          )
        },
      },
    ],
  },
  {
    id: 'CVE-2025-51663',
    package: 'FileCodeBox',
    kind: 'limit',
    source: 'https://github.com/vastsa/FileCodeBox/issues/350',
    fault: 'A new X-Real-IP or X-Forwarded-For was a new client with limits of its own.',
    attacks: [
      {
        by: 'requests',
        config: { trustProxy: false, rateLimit: limited },
        requests: ['1.1.1.1', '1.1.1.2', '1.1.1.3'].map((each) =>
          from(each, ['X-Real-IP', each], ['CF-Connecting-IP', each]),
        ),
        holds: (answers) => statuses(answers) === '200 429 429',
      },
    ],
  },
  {
    id: 'CVE-2026-110861',
    package: '@better-auth/drizzle-adapter',
    kind: 'limit',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/110xxx/CVE-2026-110861.json',
    fault: 'A limit was looked at and counted in two steps, so that a burst passed together.',
    attacks: [
      {
        by: 'requests',
        together: true,
        config: { rateLimit: { policies: [{ ...limited.policies[0], limit: 5 }] } },
        requests: Array.from({ length: 30 }, () => from('203.0.113.50')),
        holds: (answers) => answers.filter(({ status }) => status === 200).length === 5,
      },
    ],
  },
]
