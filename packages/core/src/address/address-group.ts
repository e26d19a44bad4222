import { ipv6Network } from './address-ranges.ts'
import { embeddedIpv4 } from './embedded-ipv4.ts'
import { formatAddress, parseAddress } from './parse-address.ts'
import { isPrivateNetwork } from './private-network.ts'

/**
 * The part of an address that one subscriber holds: an IPv4 address itself, also out of NAT64 and 6to4, where its holder
 * has 65,536 networks; an IPv6 address's network of `ipv6PrefixBits`, as `2001:db8:1:2::/64`. Providers give a
 * customer a /64 at the least (RFC 6177), so counting single IPv6 addresses counts nothing.
 *
 * @throws `TypeError` for what is no address
 */
export function addressGroup(address: string, ipv6PrefixBits = 64): string {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError('The text is no IP address.')
  if (typeof parsed === 'number') return address.includes(':') ? formatAddress(parsed) : address
  const embedded = embeddedIpv4(parsed)
  if (embedded && (embedded.by === 'nat64' || embedded.by === '6to4') && !isPrivateNetwork(embedded.ipv4)) {
    return formatAddress(embedded.ipv4)
  }
  return `${formatAddress(ipv6Network(parsed, ipv6PrefixBits))}/${String(ipv6PrefixBits)}`
}
