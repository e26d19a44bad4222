import { isIPv6 } from 'node:net'
import { type Authority, option, type OptionRule, parseAuthority } from '@alfred/core'

/** Names that no other machine can take: a page of another site has none of them. */
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

/** A `Host` without a port means one of these: of http or https. */
const defaultPorts: ReadonlySet<number> = new Set([80, 443])

/** Endings of one label that nobody can register a name under (RFC 6761, RFC 6762, RFC 9476, ICANN's `internal`). */
const privateEndings: ReadonlySet<string> = new Set(['alt', 'internal', 'local', 'localhost', 'test'])

interface HostEntry extends Authority {
  /** The entry began with `*.`: names below `host` are meant, not `host` itself. */
  readonly takesBelow: boolean
}

function parseEntry(entry: string): HostEntry | undefined {
  const takesBelow = entry.startsWith('*.')
  const text = takesBelow ? entry.slice(2) : entry
  const authority = parseAuthority(isIPv6(text) ? `[${text}]` : text)
  return authority && authority.host !== '' ? { ...authority, takesBelow } : undefined
}

/** The rule for one allowed host: `example.com`, `*.example.com`, `[2001:db8::1]`, each with or without a port. */
export const allowedHostRule: OptionRule<string> = (value, report) => {
  const text = option.string({ hint: 'a host, as in app.example.com' })(value, report)
  if (text === undefined) return undefined
  const entry = parseEntry(text)
  if (!entry) {
    report.add(
      'ALFRED_CONFIG_OUT_OF_RANGE',
      'must be a host without scheme and path: app.example.com, *.example.com, 192.0.2.1 or [2001:db8::1], each with or without a port.',
    )
    return undefined
  }
  if (entry.takesBelow && !entry.host.includes('.') && !privateEndings.has(entry.host)) {
    report.add(
      'ALFRED_CONFIG_UNSAFE',
      'must not take every name of a top-level domain: write *.example.com, or each name.',
    )
    return undefined
  }
  return text
}

const portFits = (entry: HostEntry, port: number | undefined): boolean =>
  entry.port === undefined || entry.port === port || (port === undefined && defaultPorts.has(entry.port))

/**
 * Compiles a list of hosts to the test of a `Host` field: without regard to case and to a dot at the end. An entry without a port
 * takes every port. `localhost`, `127.0.0.1` and `[::1]` are always on the list.
 */
export function createHostTest(hosts: readonly string[]): (host: string) => boolean {
  const entries = hosts.flatMap((host) => parseEntry(host) ?? [])
  return (text) => {
    const authority = parseAuthority(text)
    if (!authority) return false
    if (loopbackHosts.has(authority.host)) return true
    return entries.some(
      (entry) =>
        portFits(entry, authority.port) &&
        (entry.takesBelow ? authority.host.endsWith(`.${entry.host}`) : authority.host === entry.host),
    )
  }
}
