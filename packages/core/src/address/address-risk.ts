import { compileRanges } from './address-ranges.ts'
import { embeddedIpv4 } from './embedded-ipv4.ts'
import { type ParsedAddress, parseAddress } from './parse-address.ts'

/**
 * What an address may be to a server that fetches from it: `private` is this machine or a network behind it, `metadata`
 * the credentials service of a cloud.
 */
export type AddressRisk = 'metadata' | 'private'

/** The IANA registries of special-purpose addresses (IPv4 and IPv6), what is not globally reachable. */
const special = compileRanges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // IPv4-compatible addresses among them.
  '::/96',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  '64:ff9b:1::/48',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** The clouds' metadata services: AWS, GCP and most others; ECS; Alibaba; Oracle; Azure; AWS and GCP by IPv6. */
const metadata = compileRanges([
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

/**
 * The risk of an address; `undefined` for one that is globally reachable. What holds an IPv4 address (mapped, NAT64,
 * 6to4, ISATAP) has the risk of that. A text that is no address is `private`: nobody knows what another program reads
 * in it.
 */
export function addressRisk(address: string): AddressRisk | undefined {
  const parsed = parseAddress(address)
  return parsed === undefined ? 'private' : riskOf(parsed)
}

function riskOf(address: ParsedAddress): AddressRisk | undefined {
  const embedded = typeof address === 'string' ? embeddedIpv4(address) : undefined
  if (embedded) return riskOf(embedded.ipv4)
  if (metadata.has(address)) return 'metadata'
  return special.has(address) ? 'private' : undefined
}
