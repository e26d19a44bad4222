/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const zone = address.indexOf('%')
  // The URL parser writes every address the one way of RFC 5952, without dots and zeros in front.
  const { hostname } = new URL(`http://[${zone === -1 ? address : address.slice(0, zone)}]`)
  const [head = [], tail = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
}

/** The IPv4 address in the last 32 bits. */
const embeddedIpv4 = (groups: readonly number[]): string =>
  groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')

const startsWith = (groups: readonly number[], prefix: readonly number[]): boolean =>
  prefix.every((group, index) => groups[index] === group)

const mapped = [0, 0, 0, 0, 0, 0xffff]

/** NAT64 (RFC 6052): one /96 stands for the whole IPv4 internet; the client is in its last 32 bits. */
const nat64 = [0x64, 0xff9b, 0, 0, 0, 0]

/**
 * The part of an address that one subscriber holds: an IPv4 address itself (also out of NAT64), an IPv6 address's network
 * of `ipv6PrefixBits`, as `2001:db8:1:2::/64`. Providers give a customer a /64 at the least
 * (RFC 6177), so counting single IPv6 addresses counts nothing.
 *
 * @throws `TypeError` for what is no address
 */
export function addressGroup(address: string, ipv6PrefixBits = 64): string {
  if (!address.includes(':')) return address
  const groups = groupsOf(address)
  if (startsWith(groups, mapped) || startsWith(groups, nat64)) return embeddedIpv4(groups)
  const network = groups.map((group, index) => {
    const bits = Math.min(Math.max(ipv6PrefixBits - 16 * index, 0), 16)
    return (group & (0xffff << (16 - bits))).toString(16)
  })
  const { hostname } = new URL(`http://[${network.join(':')}]`)
  return `${hostname.slice(1, -1)}/${String(ipv6PrefixBits)}`
}
