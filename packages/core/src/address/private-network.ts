import { compileRanges } from './address-ranges.ts'
import type { ParsedAddress } from './parse-address.ts'

/** Networks of private use (RFC 1918, RFC 4193), of one machine or link, and of carriers (RFC 6598). */
const privateNetworks = compileRanges([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
])

/** Whether an address is one of a private network or of this machine: where proxies mostly are, and clients are not. */
export const isPrivateNetwork = (address: ParsedAddress): boolean => privateNetworks.has(address)
