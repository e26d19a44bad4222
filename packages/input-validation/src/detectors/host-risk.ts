import { BlockList, isIP } from 'node:net'

/**
 * What a host may be to a server that fetches from it: `private` is this machine or a network behind it, `metadata`
 * the credentials service of a cloud, `rebinding` a public name that answers with whatever address it was asked for.
 */
export type HostRisk = 'metadata' | 'private' | 'rebinding'

/** The IANA registries of special-purpose addresses (IPv4 and IPv6), what is not globally reachable. */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  special.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  special.addSubnet(network, prefix, 'ipv6')

/** Addresses of the clouds' metadata services: AWS, GCP and most others; ECS; Alibaba; Oracle; Azure; AWS by IPv6. */
const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
])

const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'instance-data'])

/** Domains whose names resolve to an address written in the name, to 127.0.0.1, or to changing addresses. */
const rebindingDomains = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'traefik.me',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'fbi.com.localhost.direct',
  'localhost.direct',
  'rbndr.us',
  '1u.ms',
  'rebind.network',
  'localdomain.pw',
  'oastify.com',
  'burpcollaborator.net',
]

/** Names that no public DNS serves (RFC 6761, 6762, 8375, 9476, ICANN's .internal), and customary ones. */
const privateDomains = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'home.arpa',
  'localdomain',
  'alt',
  'test',
  'invalid',
  'onion',
]

const isWithin = (name: string, domain: string): boolean =>
  name === domain || (name.endsWith(domain) && name.charCodeAt(name.length - domain.length - 1) === 0x2e)

/** The eight groups of an IPv6 address that `isIP` accepts. */
function groupsOf(address: string): number[] {
  const dotted = address.lastIndexOf(':') + 1
  let text = address
  if (address.includes('.')) {
    const [a = 0, b = 0, c = 0, d = 0] = address.slice(dotted).split('.').map(Number)
    text = `${address.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  }
  const [head = '', tail] = text.split('::')
  const parse = (part: string | undefined): number[] =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []
  const before = parse(head)
  const after = parse(tail)
  if (tail === undefined) return before
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

const toIPv4 = (high: number, low: number): string =>
  [high >> 8, high & 255, low >> 8, low & 255].map(String).join('.')

/** The IPv4 address that an IPv6 address leads to: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056), ISATAP (RFC 5214). */
function embeddedIPv4(groups: readonly number[]): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  if ((a | b | c | d) === 0 && ((e === 0 && f === 0xffff) || (e === 0xffff && f === 0))) return toIPv4(g, h)
  if (a === 0x64 && b === 0xff9b && (c | d | e | f) === 0) return toIPv4(g, h)
  if (a === 0x2002) return toIPv4(b, c)
  return (e & 0xfdff) === 0 && f === 0x5efe ? toIPv4(g, h) : undefined
}

/**
 * The risk of an IP address; `undefined` for one that is globally reachable.
 *
 * @param address - what `isIP` of `node:net` accepts, without a zone
 */
export function addressRisk(address: string): HostRisk | undefined {
  if (isIP(address) === 4) {
    if (metadataAddresses.has(address)) return 'metadata'
    return special.check(address, 'ipv4') ? 'private' : undefined
  }
  const groups = groupsOf(address)
  const embedded = embeddedIPv4(groups)
  if (embedded !== undefined) return addressRisk(embedded)
  if (metadataAddresses.has(address.toLowerCase())) return 'metadata'
  return special.check(address, 'ipv6') ? 'private' : undefined
}

/** Four numbers in a row in a name, `10.0.0.1.example.com` or `10-0-0-1.example.com`, when they make a risky address. */
function namesRiskyAddress(name: string): boolean {
  const numbers: number[] = []
  for (const part of name.split(/[.-]/)) {
    const number = part.length > 0 && part.length <= 3 ? Number(part) : Number.NaN
    if (Number.isInteger(number) && number <= 255) {
      numbers.push(number)
      if (numbers.length >= 4 && addressRisk(numbers.slice(-4).map(String).join('.')) !== undefined)
        return true
    } else numbers.length = 0
  }
  return false
}

/**
 * The risk of a host as `URL.hostname` gives it, in which every notation of an IPv4 address (octal, hexadecimal, one
 * number) has become dotted decimal. A name without risk may still resolve to a private address: look again at what it
 * resolves to, with {@link addressRisk}.
 */
export function hostRisk(hostname: string): HostRisk | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (isIP(bare) !== 0) return addressRisk(bare)
  const name = (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase()
  if (metadataNames.has(name)) return 'metadata'
  if (!name.includes('.') || privateDomains.some((domain) => isWithin(name, domain))) return 'private'
  if (rebindingDomains.some((domain) => isWithin(name, domain)) || namesRiskyAddress(name)) return 'rebinding'
  return undefined
}
