import { isIP } from 'node:net'

/** IPv4 inside IPv6: mapped (RFC 4291 section 2.5.5.2) and behind NAT64 (RFC 6052 section 2.1). */
const embeddedPrefixes = ['00000000000000000000ffff', '0064ff9b0000000000000000']

const dot = 0x2e
const zero = 0x30

/** The number of an IPv4 address in dotted form, or -1 for any other text. */
export function ipv4Number(address: string): number {
  let number = 0
  let part = -1
  let dots = 0
  for (let place = 0; place < address.length; place++) {
    const code = address.charCodeAt(place)
    const digit = code - zero
    if (digit >= 0 && digit <= 9) {
      // No number but 0 begins with 0: some programs would read it as octal.
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

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** An IPv6 address as 32 lower-case hexadecimal digits, which sort as the addresses do. */
function ipv6Digits(address: string): string {
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  const tailAt = plain.lastIndexOf(':') + 1
  const dotted = ipv4Number(plain.slice(tailAt))
  const inGroups =
    dotted === -1
      ? plain
      : `${plain.slice(0, tailAt)}${hex(Math.floor(dotted / 65_536), 4)}:${hex(dotted % 65_536, 4)}`
  const [head = '', tail] = inGroups.split('::')
  const groups = (text: string): string[] =>
    text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0000')
  return [...before, ...gap, ...after].join('').toLowerCase()
}

/** An IPv4 address as its number, an IPv6 address as its 32 digits; IPv4 inside IPv6 is IPv4. */
export function readAddress(address: string): number | string | undefined {
  const number = ipv4Number(address)
  if (number !== -1) return number
  if (isIP(address) !== 6) return undefined
  const digits = ipv6Digits(address)
  const isEmbedded = embeddedPrefixes.some((prefix) => digits.startsWith(prefix))
  return isEmbedded ? parseInt(digits.slice(-8), 16) : digits
}
