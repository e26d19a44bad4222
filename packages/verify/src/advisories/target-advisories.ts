import type { ReplayedAdvisory } from './advisory.ts'

const encoded = ['/%61dmin', '/%61dmin/users', '/a%64min/users', '/%41dmin']
const doubled = ['//admin', '/admin//users', '///admin/users', '/open/..//admin']
const parameters = ['/admin;bypass', '/admin;a=b/users', '/open;/../admin']
const absolute = [
  'http://example.com/admin',
  'HTTP://example.com/admin/users',
  'http:///admin',
  'http://x@/admin',
  'http://x:99999/admin',
  'http:/admin',
]

/** Guard and router read two paths. */
export const targetAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2026-22031',
    package: '@fastify/middie',
    kind: 'target',
    source: 'https://github.com/fastify/middie/security/advisories/GHSA-cxrg-g7r8-w69p',
    fault: 'Middleware of a path was skipped when letters of the path were percent-encoded.',
    attacks: [{ by: 'target', targets: encoded }],
  },
  {
    id: 'CVE-2026-22037',
    package: '@fastify/express',
    kind: 'target',
    source: 'https://o3.security/vulnerability/GHSA-g6q3-96cp-5r5m',
    fault: 'Middleware of a path was skipped when letters of the path were percent-encoded.',
    attacks: [{ by: 'target', targets: encoded }],
  },
  {
    id: 'CVE-2026-2880',
    package: '@fastify/middie',
    kind: 'target',
    source: 'https://github.com/fastify/middie/security/advisories/GHSA-8p85-9qpw-fwgw',
    fault:
      'The router dropped double slashes, path parameters and slashes at the end; the middleware did not.',
    attacks: [
      { by: 'target', targets: doubled },
      { by: 'target', targets: parameters },
      { by: 'target', targets: ['/admin/', '/admin//', '/admin/users/'] },
    ],
  },
  {
    id: 'CVE-2026-33808',
    package: '@fastify/express',
    kind: 'target',
    source: 'https://osv.dev/vulnerability/GHSA-6hw5-45gm-fj88',
    fault: 'The router dropped double slashes and path parameters; the middleware did not.',
    attacks: [
      { by: 'target', targets: ['//admin/dashboard', ...doubled] },
      { by: 'target', targets: ['/admin;bypass', ...parameters] },
    ],
  },
  {
    id: 'CVE-2026-33804',
    package: '@fastify/middie',
    kind: 'target',
    source: 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/33xxx/CVE-2026-33804.json',
    fault: 'Double slashes took a request past the middleware of its path.',
    attacks: [{ by: 'target', targets: doubled }],
  },
  {
    id: 'CVE-2026-14198',
    package: '@fastify/middie',
    kind: 'target',
    source: 'https://www.vulnpedia.com/cve/CVE-2026-14198/',
    fault: 'An encoded slash in a parameter made the middleware read another path than the router.',
    attacks: [
      { by: 'target', targets: ['/admin/a%2Fb', '/admin%2Fusers', '/admin/..%2fadmin', '/api/a%2F..%2Fb'] },
    ],
  },
  {
    id: 'CVE-2026-29045',
    package: 'hono',
    kind: 'target',
    source: 'https://avd.aquasec.com/nvd/2026/cve-2026-29045',
    fault: 'Files below a protected path were served when its slash was encoded.',
    attacks: [
      { by: 'target', targets: ['/admin%2Fsecret.txt', '/admin%2fsecret.txt', '/open/%2e%2e/admin%2Fx'] },
    ],
  },
  {
    id: 'CVE-2026-47676',
    package: 'hono',
    kind: 'target',
    source: 'https://vulnscope.dev/en/cve/CVE-2026-47676',
    fault: 'The prefix of a mounted application was cut off at the wrong place of a percent-encoded path.',
    attacks: [{ by: 'target', targets: ['/%61dmin/%E2%9C%93', '/%E2%9C%93/../admin', '/admin/%E2%9C%93'] }],
  },
  {
    id: 'CVE-2026-6556',
    package: '@fastify/express',
    kind: 'target',
    source: 'https://github.com/fastify/fastify-express/security/advisories/GHSA-3wf5-7852-vcfq',
    fault: 'Middleware that was mounted on a list of paths matched none of them.',
    // Two paths are listed as required.
    attacks: [{ by: 'target', targets: ['/admin', '/api', '/admin/users', '/api/users'] }],
  },
  {
    id: 'CVE-2026-112712',
    package: '@fastify/middie',
    kind: 'target',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/112xxx/CVE-2026-112712.json',
    fault: 'A prefix that ended in a slash protected none of the paths below it.',
    attacks: [
      {
        by: 'config',
        configs: [
          {
            rateLimit: {
              policies: [{ name: 'a', key: 'address', limit: 1, windowMs: 1000, match: 'admin' }],
            },
          },
        ],
      },
    ],
  },
  {
    id: 'CVE-2026-85184',
    package: '@fastify/middie',
    kind: 'target',
    source: 'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/85xxx/CVE-2026-85184.json',
    fault: 'A target in absolute form took a request past the middleware of its path.',
    attacks: [{ by: 'target', targets: absolute }],
  },
  {
    id: 'CVE-2026-112362',
    package: '@fastify/express',
    kind: 'target',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/112xxx/CVE-2026-112362.json',
    fault: 'Dropping double slashes also broke the scheme of a target in absolute form.',
    attacks: [
      { by: 'target', targets: ['http:/example.com/admin', 'http://example.com//admin', 'http:////admin'] },
    ],
  },
  {
    id: 'CVE-2026-133250',
    package: '@fastify/middie',
    kind: 'target',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/133xxx/CVE-2026-133250.json',
    fault: 'Empty parameters and targets without a slash in front were read in two ways.',
    attacks: [
      {
        by: 'target',
        targets: ['admin', '*/admin', '?/admin', '/admin/?', '/admin?', '/admin/%', '/%/../admin', '/api//'],
      },
    ],
  },
  {
    id: 'CVE-2026-49468',
    package: 'litellm',
    kind: 'target',
    source: 'https://advisories.gitlab.io/pypi/litellm/CVE-2026-49468/',
    fault: 'The path was read out of a URL into which the Host header had been written.',
    attacks: [
      {
        by: 'requests',
        requests: ['h/?', 'example.com/open?', 'example.com/open#', 'x/../open', 'x\\@open/'].map((host) => ({
          target: '/admin',
          host,
        })),
        holds: (answers) => answers.every(({ status }) => status >= 400 && status < 500),
      },
    ],
  },
  {
    id: 'CVE-2026-44578',
    package: 'next',
    kind: 'target',
    source: 'https://pulllight.io/patterns/ssrf-in-url-parser',
    fault: 'An upgrade with a target in absolute form was passed on to the host that it named.',
    attacks: [
      {
        by: 'target',
        targets: ['http://169.254.169.254/admin', 'http://127.0.0.1/admin'],
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'websocket'],
        ],
      },
    ],
  },
  {
    id: 'CVE-2025-29927',
    package: 'next',
    kind: 'target',
    source: 'https://simonwillison.net/2025/Mar/23/nextjs-and-the-corrupt-middleware',
    fault: 'A header meant for requests of the framework itself skipped all middleware.',
    attacks: [
      {
        by: 'target',
        targets: ['/admin', '/api/users'],
        headers: [['X-Middleware-Subrequest', 'middleware:middleware:middleware:middleware:middleware']],
      },
      {
        by: 'target',
        targets: ['/admin', '/api/users'],
        headers: [['X-Middleware-Subrequest', 'src/middleware']],
      },
      { by: 'target', targets: ['/admin'], headers: [['X-Middleware-Subrequest', 'pages/_middleware']] },
    ],
  },
]
