import { option, type OptionRule } from '@alfred/core'
import { readAddress } from './address-digits.ts'

/** Addresses and networks, asked many times whether they hold an address. */
export interface AddressList {
  /** @param address - IPv4 or IPv6, also IPv4-mapped; anything else is in no list */
  has(address: string): boolean
  readonly size: number
}

/** Numbers for IPv4, 32 hexadecimal digits for IPv6. */
interface Range<T extends number | string> {
  readonly first: T
  readonly last: T
}

const ipv4Bits = 32
const ipv6Bits = 128

function ipv4Range(number: number, prefixBits: number): Range<number> {
  const size = 2 ** (ipv4Bits - prefixBits)
  const first = number - (number % size)
  return { first, last: first + size - 1 }
}

function ipv6Range(digits: string, prefixBits: number): Range<string> {
  const whole = digits.slice(0, Math.floor(prefixBits / 4))
  const bits = prefixBits % 4
  if (bits === 0) return { first: whole.padEnd(32, '0'), last: whole.padEnd(32, 'f') }
  const size = 2 ** (4 - bits)
  const digit = parseInt(digits.charAt(whole.length), 16)
  const first = digit - (digit % size)
  return {
    first: (whole + first.toString(16)).padEnd(32, '0'),
    last: (whole + (first + size - 1).toString(16)).padEnd(32, 'f'),
  }
}

/** `undefined` for what is neither an address nor a network. */
function rangeOf(entry: string): Range<number> | Range<string> | undefined {
  const [address = '', prefix, ...more] = entry.split('/')
  const read = readAddress(address)
  if (read === undefined || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    return undefined
  }
  const bits = typeof read === 'number' ? ipv4Bits : ipv6Bits
  const writtenBits = address.includes(':') ? ipv6Bits : ipv4Bits
  // The prefix of an IPv4-mapped network counts the 96 bits before it.
  const prefixBits = prefix === undefined ? bits : Number(prefix) - writtenBits + bits
  if (prefixBits < 0 || prefixBits > bits) return undefined
  return typeof read === 'number' ? ipv4Range(read, prefixBits) : ipv6Range(read, prefixBits)
}

/** Sorts the ranges and joins those that overlap, so that one search finds the only one in question. */
function compile<T extends number | string>(ranges: readonly Range<T>[]): readonly Range<T>[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const joined: Range<T>[] = []
  for (const range of sorted) {
    const before = joined.at(-1)
    if (!before || range.first > before.last) joined.push(range)
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last }
  }
  return joined
}

function holds<T extends number | string>(ranges: readonly Range<T>[], address: T): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (!range) return false
    if (address < range.first) high = middle - 1
    else if (address > range.last) low = middle + 1
    else return true
  }
  return false
}

const isIpv4 = (range: Range<number> | Range<string>): range is Range<number> =>
  typeof range.first === 'number'
const isIpv6 = (range: Range<number> | Range<string>): range is Range<string> => !isIpv4(range)

/**
 * Compiles a list of addresses and networks (`192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`). IPv4 and IPv6 are
 * apart: `::/0` holds no IPv4 address, also no mapped one, where `net.BlockList` lets `2000::/1` hold all.
 *
 * @throws RangeError for an entry that is none; {@link addressListRule} reports it as a problem
 */
export function createAddressList(entries: readonly string[]): AddressList {
  const ranges = entries.map((entry) => {
    const range = rangeOf(entry)
    if (!range) throw new RangeError('An entry is neither an address nor a network.')
    return range
  })
  const ipv4 = compile(ranges.filter(isIpv4))
  const ipv6 = compile(ranges.filter(isIpv6))
  return {
    size: entries.length,
    has(address) {
      const read = readAddress(address)
      if (read === undefined) return false
      return typeof read === 'number' ? holds(ipv4, read) : holds(ipv6, read)
    },
  }
}

const entryRule: OptionRule<string> = (value, report) => {
  if (typeof value === 'string' && rangeOf(value)) return value
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be an address or a network, such as 10.0.0.0/8.')
  return undefined
}

/** The rule for an option that lists addresses and networks. */
export const addressListRule = option.list(entryRule)
