import type { ForeignAdvisory } from './advisory.ts'

/** Advisories of the field that cannot concern this stack, each with the reason. */
export const foreignAdvisories: readonly ForeignAdvisory[] = [
  {
    id: 'CVE-2024-29041',
    package: 'express',
    kind: 'cross-origin',
    source: 'https://portal.vyprsec.ai/cves/CVE-2024-29041',
    fault: 'A malformed URL passed a list of allowed redirects.',
    notApplicable: 'No layer redirects. What an application hands to res.redirect() is its own.',
  },
  {
    id: 'CVE-2024-43796',
    package: 'express',
    kind: 'cross-origin',
    source: 'https://osv.dev/vulnerability/GHSA-cm22-4g7w-348p',
    fault: 'The page of a redirect ran what its address held.',
    notApplicable: 'No layer redirects.',
  },
  {
    id: 'CVE-2026-47675',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://patchsiren.com/cves/honojs/cve-2026-47675',
    fault: 'Attributes could be added to a cookie by the values of others.',
    notApplicable: 'No layer writes cookies.',
  },
  {
    id: 'CVE-2026-56762',
    package: 'hono',
    kind: 'cross-origin',
    source: 'https://cve.circl.lu/vuln/cve-2026-56762',
    fault: 'Names of cookies were written without a check.',
    notApplicable: 'No layer writes cookies.',
  },
  {
    id: 'CVE-2026-23996',
    package: 'fastapi-api-key',
    kind: 'key',
    source: 'https://osv.dev/vulnerability/GHSA-95c6-p277-p87g',
    fault: 'A delay after failures alone told valid keys from others.',
    notApplicable:
      'No answer is delayed. Hashes are compared by timingSafeEqual, and failures of an address are limited.',
  },
  {
    id: 'CVE-2025-26791',
    package: 'dompurify',
    kind: 'sanitizer',
    source: 'https://advisories.gitlab.com/pkg/npm/dompurify/CVE-2025-26791/',
    fault: 'The mode for templates had a wrong regular expression.',
    notApplicable: 'The mode SAFE_FOR_TEMPLATES cannot be switched on.',
  },
  {
    id: 'CVE-2026-109344',
    package: 'dompurify',
    kind: 'sanitizer',
    source:
      'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2026/109xxx/CVE-2026-109344.json',
    fault: 'In place, subtrees that hooks had detached kept their handlers.',
    notApplicable: 'Texts are sanitised, never nodes in place, and applications cannot add hooks.',
  },
  {
    id: 'CVE-2026-109345',
    package: 'dompurify',
    kind: 'sanitizer',
    source: 'https://osv.dev/vulnerability/CVE-2026-109345',
    fault: 'In place, a removed style element was returned with its text.',
    notApplicable: 'Texts are sanitised, never nodes in place.',
  },
  {
    id: 'CVE-2026-44458',
    package: 'hono',
    kind: 'sanitizer',
    source: 'https://www.tenable.com/plugins/cloud-security/441633',
    fault: 'Objects of styles in JSX were not escaped for CSS.',
    notApplicable: 'Nothing renders JSX.',
  },
  {
    id: 'CVE-2026-0621',
    package: '@modelcontextprotocol/sdk',
    kind: 'target',
    source: 'https://aithreatalert.com/cve/CVE-2026-0621',
    fault: 'A URI took the regular expression of a template exponential time.',
    notApplicable: 'No layer matches URI templates against what clients send.',
  },
]
