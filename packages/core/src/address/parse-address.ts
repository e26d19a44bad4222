/**
 * An address in the one form that all its spellings share: IPv4 as its number, IPv6 as 32 lower-case hexadecimal
 * digits. Both sort as the addresses do.
 */
export type ParsedAddress = number | string

const dot = 0x2e
const zero = 0x30
const colonCode = 0x3a
const letterA = 0x61

/**
 * Reads an address in any spelling: upper case, zeros in front of IPv6 groups, IPv4 at the end of IPv6, with a zone.
 * An IPv4-mapped address (RFC 4291 section 2.5.5.2), which dual-stack sockets show for IPv4 peers, is the IPv4 address.
 *
 * @returns `undefined` for anything else, also with a port or brackets, and for IPv4 numbers with a zero in front,
 * which some programs read as octal
 */
export function parseAddress(text: string): ParsedAddress | undefined {
  const number = ipv4Number(text)
  if (number !== -1) return number
  const groups = ipv6Groups(text)
  if (!groups) return undefined
  const mapped = mappedIpv4(groups)
  return mapped === -1 ? groups.map((group) => hex(group)).join('') : mapped
}

/** Writes an address as RFC 5952 says: dotted, or in lower case with the longest run of zero groups left out. */
export const formatAddress = (address: ParsedAddress): string =>
  typeof address === 'number'
    ? formatIpv4(address)
    : formatGroups(
        Array.from({ length: 8 }, (_, index) => parseInt(address.slice(4 * index, 4 * index + 4), 16)),
      )

/** An address in its usual spelling, without a zone; `undefined` for what is no address. */
export function canonicalAddress(text: string | undefined): string | undefined {
  if (text === undefined || ipv4Number(text) !== -1) return text
  const groups = ipv6Groups(text)
  if (!groups) return undefined
  const mapped = mappedIpv4(groups)
  return mapped === -1 ? formatGroups(groups) : formatIpv4(mapped)
}

const hex = (group: number): string => (group + 0x1_0000).toString(16).slice(1)

const formatIpv4 = (number: number): string =>
  `${String(number >>> 24)}.${String((number >>> 16) & 255)}.${String((number >>> 8) & 255)}.${String(number & 255)}`

/** The number of an IPv4-mapped address, or -1 for any other. */
function mappedIpv4([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]: readonly number[]): number {
  return (a | b | c | d | e) === 0 && f === 0xffff ? g * 65_536 + h : -1
}

function formatGroups(groups: readonly number[]): string {
  let start = 0
  let max = 1
  let length = 0
  for (let index = 0; index < 8; index++) {
    length = groups[index] === 0 ? length + 1 : 0
    if (length <= max) continue
    max = length
    start = index - length + 1
  }
  const write = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return max === 1 ? write(0, 8) : `${write(0, start)}::${write(start + max, 8)}`
}

/** The number of an IPv4 address in dotted form, or -1 for any other text. */
function ipv4Number(address: string): number {
  let number = 0
  let part = -1
  let dots = 0
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index)
    const digit = code - zero
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return -1
      part = part === -1 ? digit : part * 10 + digit
      if (part > 255) return -1
    } else if (code === dot && part !== -1 && dots < 3) {
      number = number * 256 + part
      part = -1
      dots++
    } else return -1
  }
  return dots === 3 && part !== -1 ? number * 256 + part : -1
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2), with or without a zone; `undefined` for any other text. */
function ipv6Groups(text: string): number[] | undefined {
  const zone = text.indexOf('%')
  if (zone !== -1 && zone === text.length - 1) return undefined
  const end = zone === -1 ? text.length : zone
  // The shortest address is two colons, the longest has 45 characters.
  if (end < 2 || end > 45) return undefined
  const groups: number[] = []
  let gapAt = -1
  let index = 0
  if (text.startsWith('::')) {
    gapAt = 0
    index = 2
  }
  while (index < end) {
    const colon = text.indexOf(':', index)
    const groupEnd = colon === -1 || colon > end ? end : colon
    if (groupEnd === end && groups.length <= 6) {
      const ipv4 = ipv4Number(text.slice(index, end))
      if (ipv4 !== -1) {
        groups.push(ipv4 >>> 16, ipv4 & 0xffff)
        break
      }
    }
    const group = hexNumber(text, index, groupEnd)
    if (group === -1 || groups.length === 8) return undefined
    groups.push(group)
    if (groupEnd === end) break
    index = groupEnd + 1
    if (text.charCodeAt(index) === colonCode && index < end) {
      if (gapAt !== -1) return undefined
      gapAt = groups.length
      index++
    } else if (index === end) return undefined
  }
  if (gapAt === -1) return groups.length === 8 ? groups : undefined
  if (groups.length > 7) return undefined
  groups.splice(gapAt, 0, ...Array.from({ length: 8 - groups.length }, () => 0))
  return groups
}

/** The number that one to four hexadecimal digits make, or -1. */
function hexNumber(text: string, from: number, to: number): number {
  if (to === from || to - from > 4) return -1
  let number = 0
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    // Upper-case letters become lower-case ones.
    const letter = (code | 0x20) - letterA
    const digit = code - zero
    if (digit >= 0 && digit <= 9) number = number * 16 + digit
    else if (letter >= 0 && letter <= 5) number = number * 16 + 10 + letter
    else return -1
  }
  return number
}
