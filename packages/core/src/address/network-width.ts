import { type AddressRange, compileRanges } from './address-ranges.ts'

/**
 * A network with fewer bits holds whole parts of the internet, and with them clients. The networks of private use are
 * as large as they may be: 10.0.0.0/8, fc00::/7.
 */
const minPrefixBits = { ipv4: 8, ipv6: 16 }
const privateIpv6 = compileRanges(['fc00::/7', 'fe80::/10'])

/** Whether a network holds so many addresses that it must not be trusted or exempted as a whole. */
export const isTooWide = ({ first, last, prefixBits }: AddressRange): boolean => {
  if (typeof first === 'number') return prefixBits < minPrefixBits.ipv4
  return prefixBits < minPrefixBits.ipv6 && !(privateIpv6.has(first) && privateIpv6.has(last))
}
