import { type ParsedAddress, parseAddress } from './parse-address.ts'

/** Networks, asked many times whether one of them holds an address. */
export interface AddressRanges {
  has(address: ParsedAddress): boolean
}

/** A network: its first and last address, and how many of its bits are given. */
export interface AddressRange {
  readonly first: ParsedAddress
  readonly last: ParsedAddress
  readonly prefixBits: number
}

interface Bounds<T extends ParsedAddress> {
  readonly first: T
  readonly last: T
}

const ipv4Bits = 32
const ipv6Bits = 128

function ipv4Bounds(number: number, prefixBits: number): Bounds<number> {
  const size = 2 ** (ipv4Bits - prefixBits)
  const first = number - (number % size)
  return { first, last: first + size - 1 }
}

function ipv6Bounds(digits: string, prefixBits: number): Bounds<string> {
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

/** The first address of the network of so many bits that holds `digits`, an IPv6 address. */
export const ipv6Network = (digits: string, prefixBits: number): string =>
  ipv6Bounds(digits, prefixBits).first

/**
 * Reads `192.0.2.1`, `10.0.0.0/8` or `2001:db8::/32`; `undefined` for what is neither an address nor a network. A zone
 * (`fe80::1%eth0`) is refused: addresses are compared without it, so that of another link would be in the list too.
 */
export function parseRange(entry: string): AddressRange | undefined {
  const [address = '', prefix, ...more] = entry.split('/')
  const parsed = parseAddress(address)
  if (
    parsed === undefined ||
    address.includes('%') ||
    more.length > 0 ||
    (prefix !== undefined && !/^\d{1,3}$/.test(prefix))
  ) {
    return undefined
  }
  const bits = typeof parsed === 'number' ? ipv4Bits : ipv6Bits
  const writtenBits = address.includes(':') ? ipv6Bits : ipv4Bits
  // The prefix of an IPv4-mapped network counts the 96 bits before it.
  const prefixBits = prefix === undefined ? bits : Number(prefix) - writtenBits + bits
  if (prefixBits < 0 || prefixBits > bits) return undefined
  const bounds = typeof parsed === 'number' ? ipv4Bounds(parsed, prefixBits) : ipv6Bounds(parsed, prefixBits)
  return { ...bounds, prefixBits }
}

/** Sorts the ranges and joins those that overlap, so that one search finds the only one in question. */
function compile<T extends ParsedAddress>(ranges: readonly Bounds<T>[]): readonly Bounds<T>[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const joined: Bounds<T>[] = []
  for (const range of sorted) {
    const before = joined.at(-1)
    if (!before || range.first > before.last) joined.push(range)
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last }
  }
  return joined
}

function holds<T extends ParsedAddress>(ranges: readonly Bounds<T>[], address: T): boolean {
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

const isIpv4 = (range: Bounds<ParsedAddress>): range is Bounds<number> => typeof range.first === 'number'
const isIpv6 = (range: Bounds<ParsedAddress>): range is Bounds<string> => typeof range.first === 'string'

/**
 * Compiles networks. IPv4 and IPv6 are apart: `::/0` holds no IPv4 address, where `net.BlockList` lets `2000::/1` hold
 * all.
 *
 * @throws RangeError for an entry that is no network
 */
export function compileRanges(entries: readonly string[]): AddressRanges {
  const ranges = entries.map((entry) => {
    const range = parseRange(entry)
    if (!range) throw new RangeError('An entry is neither an address nor a network.')
    return range
  })
  const ipv4 = compile(ranges.filter(isIpv4))
  const ipv6 = compile(ranges.filter(isIpv6))
  return { has: (address) => (typeof address === 'number' ? holds(ipv4, address) : holds(ipv6, address)) }
}
