import type { Attack, ReplayedAdvisory } from './advisory.ts'
import type { Answer, RawRequest } from './raw-request.ts'

const json = (body: string, ...headers: (readonly [string, string])[]): RawRequest => ({
  method: 'POST',
  target: '/echo',
  headers: [['Content-Type', 'application/json'], ...headers],
  body,
})

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

const ran = ({ body }: Answer): boolean => body.includes('"ran":true')

/** Nothing of it reaches the handler, and the answer says why. */
const refused =
  (...expected: readonly number[]) =>
  (answers: readonly Answer[]): boolean =>
    answers.every((answer) => expected.includes(answer.status) && !ran(answer))

const large = `"${'x'.repeat(4000)}"`

const multipart = (parts: string): RawRequest => ({
  method: 'POST',
  target: '/echo',
  headers: [['Content-Type', 'multipart/form-data; boundary=b']],
  body: parts,
})

const uploads = (...bodies: readonly string[]): Attack => ({
  by: 'requests',
  requests: bodies.map(multipart),
  holds: refused(415),
})

const form = (body: string): RawRequest => ({
  method: 'POST',
  target: '/echo',
  headers: [['Content-Type', 'application/x-www-form-urlencoded']],
  body,
})

const query = (...targets: readonly string[]): RawRequest[] => targets.map((target) => ({ target }))

/** Limits of bodies and queries are passed, and parsers are made to fall. */
export const bodyAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2025-59139',
    package: 'hono',
    kind: 'body',
    source: 'https://github.com/honojs/hono/security/advisories/GHSA-92vj-g62v-jqhh',
    fault: 'A small Content-Length beside Transfer-Encoding passed the limit of the body.',
    attacks: [
      {
        by: 'requests',
        requests: [
          json(`${chunk(large)}0\r\n\r\n`, ['Content-Length', '5'], ['Transfer-Encoding', 'chunked']),
        ],
        holds: refused(400, 413),
      },
    ],
  },
  {
    id: 'CVE-2026-44456',
    package: 'hono',
    kind: 'body',
    source: 'https://osv.dev/vulnerability/GHSA-9vqf-7f2p-gf9v',
    fault: 'A chunked body was measured beside the handler, which ran before the limit was reached.',
    attacks: [
      {
        by: 'requests',
        requests: [json(`${chunk(large)}0\r\n\r\n`, ['Transfer-Encoding', 'chunked'])],
        holds: refused(413),
      },
    ],
  },
  {
    id: 'CVE-2026-54288',
    package: 'hono',
    kind: 'body',
    source: 'https://osv.dev/vulnerability/CVE-2026-54288',
    fault: 'An understated Content-Length passed the limit; the body was longer.',
    attacks: [
      {
        by: 'requests',
        requests: [json(large, ['Content-Length', '7'])],
        holds: ([answer]) => answer !== undefined && !answer.body.includes('xxxxxxxxxx'),
      },
    ],
  },
  {
    id: 'CVE-2026-137484',
    package: 'hono',
    kind: 'body',
    source: 'https://osv.dev/vulnerability/CVE-2026-137484',
    fault: 'A body in chunks of one byte held an object for each of them.',
    attacks: [
      {
        by: 'requests',
        requests: [
          json(`${chunk('{')}${chunk(' ').repeat(900)}${chunk('}')}0\r\n\r\n`, [
            'Transfer-Encoding',
            'chunked',
          ]),
        ],
        holds: ([answer]) => answer?.status === 200 && answer.tookMs < 2000,
      },
    ],
  },
  {
    id: 'CVE-2025-15284',
    package: 'qs',
    kind: 'body',
    source: 'https://radar.offseq.com/threat/cve-2025-15284-cwe-20-improper-input-validation-4da53598',
    fault: 'The limit of lists did not hold for parameters with empty brackets.',
    attacks: [
      {
        by: 'requests',
        requests: query(
          `/open?${'a[]=1&'.repeat(200)}`,
          `/open?${Array.from({ length: 200 }, (_, n) => `a[${String(n)}]=1`).join('&')}`,
        ),
        holds: refused(400, 414),
      },
    ],
  },
  {
    id: 'CVE-2026-2391',
    package: 'qs',
    kind: 'body',
    source: 'https://cve.enginsight.com/2026/2391/index.html',
    fault: 'The limit of lists did not hold for values with commas.',
    attacks: [{ by: 'requests', requests: query(`/open?a=${','.repeat(9000)}`), holds: refused(400, 414) }],
  },
  {
    id: 'CVE-2024-45590',
    package: 'body-parser',
    kind: 'body',
    source: 'https://github.com/advisories/GHSA-qwcr-r2fm-qrc7',
    fault: 'Deeply nested names in a form cost the parser far more than the client.',
    attacks: [
      { by: 'requests', requests: [form(`a${'[b]'.repeat(300)}=1`), form('a=1')], holds: refused(413, 415) },
      { by: 'requests', requests: query(`/open?a${'[b]'.repeat(300)}=1`), holds: refused(400, 414) },
    ],
  },
  {
    id: 'CVE-2025-13466',
    package: 'body-parser',
    kind: 'body',
    source: 'https://github.com/expressjs/body-parser/security/advisories/GHSA-wqch-xfxh-vrr4',
    fault: 'Thousands of parameters in a form of the allowed size cost the parser far more than the client.',
    attacks: [
      { by: 'requests', requests: [form('a=&'.repeat(330))], holds: refused(415) },
      {
        by: 'requests',
        requests: query(`/open?${Array.from({ length: 500 }, (_, n) => `p${String(n)}`).join('&')}`),
        holds: refused(400),
      },
    ],
  },
  {
    id: 'CVE-2025-47944',
    package: 'multer',
    kind: 'body',
    source: 'https://www.sentinelone.com/vulnerability-database/cve-2025-47944/',
    fault: 'A malformed upload ended the process.',
    attacks: [uploads('--b\r\nContent-Disposition: form-data; name="a"', '--b--', '\0'.repeat(64))],
  },
  {
    id: 'CVE-2025-48997',
    package: 'multer',
    kind: 'body',
    source: 'https://cyberalerts.io/vulnerability/CVE-2025-48997',
    fault: 'An upload whose field had an empty name ended the process.',
    attacks: [uploads('--b\r\nContent-Disposition: form-data; name=""; filename="a"\r\n\r\nx\r\n--b--\r\n')],
  },
  {
    id: 'CVE-2026-3304',
    package: 'multer',
    kind: 'body',
    source: 'https://app.opencve.io/cve/CVE-2026-3304',
    fault: 'What a malformed upload had taken was never given back.',
    attacks: [
      uploads(
        ...Array.from(
          { length: 10 },
          () => '--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nx',
        ),
      ),
    ],
  },
  {
    id: 'CVE-2026-8159',
    package: 'multiparty',
    kind: 'body',
    source: 'https://app.opencve.io/cve/CVE-2026-8159',
    fault: 'A file name took the regular expression for it seconds.',
    attacks: [
      uploads(
        `--b\r\nContent-Disposition: form-data; name="a"; filename="${'\\"'.repeat(400)}\r\n\r\nx\r\n--b--`,
      ),
    ],
  },
  {
    id: 'CVE-2026-25223',
    package: 'fastify',
    kind: 'body',
    source: 'https://www.vulnscope.dev/en/cve/CVE-2026-25223',
    fault: 'A tab behind the content type had the body parsed and not validated.',
    attacks: [
      {
        by: 'requests',
        requests: [
          'application/json\ta',
          'application/json\t',
          'application/json;a',
          'APPLICATION/JSON',
          'application/json ;x=y',
        ].map((type) => ({
          method: 'POST',
          target: '/validated',
          headers: [['Content-Type', type]] as const,
          body: '{"name":5,"admin":true}',
        })),
        holds: refused(415, 422),
      },
    ],
  },
]
