/** How an IPv6 address comes to hold an IPv4 address. Mapped ones are parsed as IPv4 already. */
export type Embedding = '6to4' | 'isatap' | 'nat64' | 'translated'

/** An IPv4 address that an IPv6 address leads to. */
export interface EmbeddedIpv4 {
  /** The address as its number. */
  readonly ipv4: number
  readonly by: Embedding
}

/** RFC 6052 section 2.1: one /96 stands for the whole IPv4 internet. */
const nat64Prefix = '0064ff9b0000000000000000'
/** RFC 2765 section 2.1. */
const translatedPrefix = '0000000000000000ffff0000'

/**
 * Finds the IPv4 address that an IPv6 address leads to: behind NAT64 (RFC 6052), by 6to4 (RFC 3056), translated
 * (RFC 2765) or by ISATAP (RFC 5214).
 *
 * @param digits - 32 lower-case hexadecimal digits
 */
export function embeddedIpv4(digits: string): EmbeddedIpv4 | undefined {
  if (digits.startsWith(nat64Prefix)) return { ipv4: parseInt(digits.slice(-8), 16), by: 'nat64' }
  if (digits.startsWith('2002')) return { ipv4: parseInt(digits.slice(4, 12), 16), by: '6to4' }
  if (digits.startsWith(translatedPrefix)) return { ipv4: parseInt(digits.slice(-8), 16), by: 'translated' }
  // The second bit from the right of the first half says whether the address is unique in the world.
  return /^.{16}0[02]005efe/.test(digits) ? { ipv4: parseInt(digits.slice(-8), 16), by: 'isatap' } : undefined
}
