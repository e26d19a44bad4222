import { requireBeside } from '@alfred/core'
import type * as Tldts from 'tldts'

let loaded: typeof Tldts | undefined

/** tldts, with the Public Suffix List, loaded where a wildcard or a pattern is configured: nothing else needs it. */
const tldts = (): typeof Tldts => (loaded ??= requireBeside(import.meta.url)('tldts') as typeof Tldts)

/**
 * The name that somebody registered, of a host below it: `example.co.uk` of `a.example.co.uk`. Suffixes of hosting
 * services count, under which anybody gets a name (https://publicsuffix.org).
 *
 * @returns `undefined` for addresses and for what is itself a public suffix
 */
export function registrableDomain(host: string): string | undefined {
  if (host === 'localhost' || host.endsWith('.localhost')) return 'localhost'
  return tldts().getDomain(host, { allowPrivateDomains: true }) ?? undefined
}
