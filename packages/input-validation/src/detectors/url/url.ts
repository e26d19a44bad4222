import { isHexDigit, isLetter, isWordUnit } from '../text/character.ts'
import { createFindingList, type Detector } from '../text/finding.ts'
import { hostRisk } from './host-risk.ts'

/** Schemes that make clients speak other protocols, or read files. */
const riskySchemes: Readonly<Record<string, number>> = {
  dict: 0.85,
  expect: 0.85,
  file: 0.5,
  ftp: 0.2,
  gopher: 0.9,
  jar: 0.6,
  ldap: 0.6,
  ldaps: 0.6,
  netdoc: 0.85,
  phar: 0.85,
  php: 0.6,
  rmi: 0.6,
  sftp: 0.3,
  tftp: 0.6,
}

/** Schemes whose host is looked at. */
const fetchable = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'gopher'])

/** The most hosts that one text is asked for: each of them is parsed. */
const maxHosts = 1000

/** What ends the authority of a URL in running text. */
const endsAuthority = (unit: number): boolean =>
  unit <= 0x20 ||
  unit === 0x2f ||
  unit === 0x3f ||
  unit === 0x23 ||
  unit === 0x22 ||
  unit === 0x27 ||
  unit === 0x3c ||
  unit === 0x3e ||
  unit === 0x60 ||
  unit === 0x29 ||
  unit === 0x5c

/** An IPv4 address in its usual notation; any other that a parser takes for an address is written to deceive. */
function isPlainIPv4(host: string): boolean {
  const parts = host.split('.')
  return parts.length === 4 && parts.every((part) => String(Number(part)) === part && part.length <= 3)
}

function hostScore(scheme: string, authority: string): number {
  const at = authority.lastIndexOf('@')
  const raw = authority.slice(at + 1)
  const parsed = URL.parse(`${scheme === 'gopher' ? 'http' : scheme}://${raw}/`)
  if (!parsed) return 0
  const { hostname } = parsed
  const risk = hostRisk(hostname)
  const hostText = raw.toLowerCase().replace(/:\d*$/, '')
  // The name of another site in front of the @, where people look for the host.
  const impersonates = at > 0 && authority.slice(0, at).split(':', 1)[0]?.includes('.') === true
  if (impersonates) return risk ? 0.95 : 0.6
  switch (risk) {
    case 'metadata':
      return 0.9
    case 'rebinding':
      return 0.85
    case 'private':
      // `http://localhost:3000` is what every programming question says.
      if (hostText.startsWith('[')) return hostText === '[::1]' ? 0.5 : 0.85
      return isHexDigit(hostText.charCodeAt(0)) && hostname !== hostText && !isPlainIPv4(hostText) ? 0.9 : 0.5
    case undefined:
      return 0
  }
}

/**
 * Finds URLs that a server should not fetch when a client names them (CWE-918): hosts in private networks, the clouds'
 * metadata services, addresses in notations that hide them, names made for DNS rebinding, another site's name as user
 * name, and schemes that reach other protocols.
 */
export const detectUrl: Detector = (text, maxFindings) => {
  const list = createFindingList(maxFindings)
  let hosts = 0
  for (let colon = text.indexOf('://'); colon !== -1; colon = text.indexOf('://', colon + 3)) {
    let start = colon
    // The longest scheme we know has six letters.
    while (start > 0 && colon - start < 8 && isLetter(text.charCodeAt(start - 1))) start--
    if (start === colon || isWordUnit(text.charCodeAt(start - 1))) continue
    const scheme = text.slice(start, colon).toLowerCase()
    const from = colon + 3
    let end = from
    while (end < text.length && !endsAuthority(text.charCodeAt(end))) end++
    let score = Object.hasOwn(riskySchemes, scheme) ? (riskySchemes[scheme] ?? 0) : 0
    if (fetchable.has(scheme) && end > from && end - from <= 300 && hosts < maxHosts) {
      hosts++
      score = Math.max(score, hostScore(scheme, text.slice(from, end)))
    }
    if (score > 0) list.add(start, end, score)
  }
  return list.findings
}
