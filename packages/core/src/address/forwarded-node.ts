import { canonicalAddress } from './parse-address.ts'

/** A port, or the obfuscated one of RFC 7239 section 6.3. */
const port = '(?::(?:\\d{1,5}|_[\\w.-]+))?'

/** `[2001:db8::1]:443`. */
const bracketed = new RegExp(`^\\[([\\da-f:.]+(?:%[^\\]]*)?)\\]${port}$`, 'i')

/** `203.0.113.7:50001`, also mapped: `::ffff:203.0.113.7:50001`. */
const dottedWithPort = new RegExp(`^(.*\\.\\d+)${port}$`)

/**
 * Reads one entry of `X-Forwarded-For` as proxies write it: an address in any spelling, with or without quotes, spaces,
 * brackets and a port.
 *
 * @returns the address in its usual spelling; `undefined` for what names none: `unknown`, `_hidden`, `unix:`, an empty
 * entry, rubbish
 */
export function parseForwardedNode(entry: string): string | undefined {
  const trimmed = entry.trim()
  // The longest address has 45 characters; zone, port, quotes and brackets need a few more.
  if (trimmed.length > 100) return undefined
  const direct = canonicalAddress(trimmed)
  if (direct !== undefined) return direct
  const bare = trimmed.startsWith('"') && trimmed.endsWith('"') ? trimmed.slice(1, -1) : trimmed
  const [, inBrackets] = bracketed.exec(bare) ?? []
  // RFC 3986 section 3.2.2: only IPv6 stands in brackets.
  if (inBrackets !== undefined) return inBrackets.includes(':') ? canonicalAddress(inBrackets) : undefined
  const [, dotted] = dottedWithPort.exec(bare) ?? []
  return canonicalAddress(dotted ?? bare)
}
