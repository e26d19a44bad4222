import { isIPv6 } from 'node:net'

/**
 * The names that DNS and operating systems know, and addresses: a part of what RFC 3986 section 3.2 allows. Its
 * percent-encoding and `!$&'()*+,;=` are read in different ways by URL parsers; user names are refused by RFC 9110
 * section 4.2.4.
 */
const authority = /^(?:([a-z0-9_~-]+(?:\.[a-z0-9_~-]+)*\.?)|\[([0-9a-f:.]+)\])(?::(\d{0,5}))?$/i

const maxPort = 65_535

/** A host and its port. */
export interface Authority {
  /** In lower case, without a dot at its end; IPv6 addresses in their short form (RFC 5952), without brackets. */
  readonly host: string
  /** `undefined` when it is the scheme's own. */
  readonly port: number | undefined
}

/** Reads the authority of a URL or a `Host` field; `undefined` when it is none. */
export function parseAuthority(text: string): Authority | undefined {
  const match = authority.exec(text)
  if (!match) return undefined
  const [, name, address, digits] = match
  if (address !== undefined && !isIPv6(address)) return undefined
  const port = digits === undefined || digits === '' ? undefined : Number(digits)
  if (port !== undefined && port > maxPort) return undefined
  if (address !== undefined) return { host: shortForm(address), port }
  const host = (name ?? '').toLowerCase()
  return { host: host.endsWith('.') ? host.slice(0, -1) : host, port }
}

/** One of the many spellings of an IPv6 address. */
const shortForm = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1)

let lastAccepted = ''

/** Whether `text` is a host, with or without a port. Most requests of a server name the same one as the request before. */
export function isAuthority(text: string): boolean {
  if (text === lastAccepted && text !== '') return true
  if (parseAuthority(text) === undefined) return false
  lastAccepted = text
  return true
}
