import type { OptionRule } from '../options/option-rule.ts'
import { option } from '../options/option-rules.ts'
import { compileRanges, parseRange } from './address-ranges.ts'
import { embeddedIpv4 } from './embedded-ipv4.ts'
import { isTooWide } from './network-width.ts'
import { parseAddress } from './parse-address.ts'
import { isPrivateNetwork } from './private-network.ts'

/** Addresses and networks, asked many times whether they hold an address. */
export interface AddressList {
  /** @param address - IPv4 or IPv6 in any spelling, also IPv4-mapped; anything else is in no list */
  has(address: string): boolean
  readonly size: number
}

/**
 * Compiles a list of addresses and networks (`192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`). IPv4 and IPv6 are apart:
 * `::/0` holds no IPv4 address, also no mapped one. A client behind NAT64 is in the list with its IPv6 or its IPv4
 * address, unless that is private: RFC 6052 section 3.1 forbids those, so only a forger writes one.
 *
 * @throws RangeError for an entry that is none; {@link addressListRule} reports it as a problem
 *
 * @example
 * ```ts
 * import { createAddressList } from '@alfred/core'
 *
 * createAddressList(['10.0.0.0/8']).has('::ffff:a00:1') // true: 10.0.0.1
 * ```
 */
export function createAddressList(entries: readonly string[]): AddressList {
  const ranges = compileRanges(entries)
  return {
    size: entries.length,
    has(address) {
      const parsed = parseAddress(address)
      if (parsed === undefined) return false
      if (ranges.has(parsed)) return true
      const embedded = typeof parsed === 'string' ? embeddedIpv4(parsed) : undefined
      return embedded?.by === 'nat64' && !isPrivateNetwork(embedded.ipv4) && ranges.has(embedded.ipv4)
    },
  }
}

const entryRule: OptionRule<string> = (value, report) => {
  if (typeof value === 'string' && parseRange(value)) return value
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be an address or a network, such as 10.0.0.0/8.')
  return undefined
}

/** The rule for an option that lists addresses and networks. */
export const addressListRule = option.list(entryRule)

const exemptEntryRule: OptionRule<string> = (value, report) => {
  const entry = entryRule(value, report)
  const range = entry === undefined ? undefined : parseRange(entry)
  if (!range || !isTooWide(range)) return entry
  report.add(
    'ALFRED_CONFIG_UNSAFE',
    'must not be a network so large: it lets whole parts of the internet through.',
  )
  return undefined
}

/** As {@link addressListRule}, for addresses that a rule lets through: `0.0.0.0/0` and other networks larger than an IPv4 /8 or an IPv6 /16 are refused. */
export const exemptAddressListRule = option.list(exemptEntryRule)
