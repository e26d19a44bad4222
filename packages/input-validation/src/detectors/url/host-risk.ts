import { isIP } from 'node:net'
import { type AddressRisk, addressRisk } from '@alfred/core'

/**
 * What a host may be to a server that fetches from it: `private` is this machine or a network behind it, `metadata`
 * the credentials service of a cloud, `rebinding` a public name that answers with whatever address it was asked for.
 */
export type HostRisk = AddressRisk | 'rebinding'

const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'instance-data'])

/** Domains whose names resolve to an address written in the name, to 127.0.0.1, or to changing addresses. */
const rebindingDomains = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'traefik.me',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'fbi.com.localhost.direct',
  'localhost.direct',
  'rbndr.us',
  '1u.ms',
  'rebind.network',
  'localdomain.pw',
  'oastify.com',
  'burpcollaborator.net',
]

/** Names that no public DNS serves (RFC 6761, 6762, 8375, 9476, ICANN's .internal), and customary ones. */
const privateDomains = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'home.arpa',
  'localdomain',
  'alt',
  'test',
  'invalid',
  'onion',
]

const isWithin = (name: string, domain: string): boolean =>
  name === domain || (name.endsWith(domain) && name.charCodeAt(name.length - domain.length - 1) === 0x2e)

/** Four numbers in a row in a name, `10.0.0.1.example.com` or `10-0-0-1.example.com`, when they make a risky address. */
function namesRiskyAddress(name: string): boolean {
  const numbers: number[] = []
  for (const part of name.split(/[.-]/)) {
    const number = part.length > 0 && part.length <= 3 ? Number(part) : Number.NaN
    if (Number.isInteger(number) && number <= 255) {
      numbers.push(number)
      if (numbers.length >= 4 && addressRisk(numbers.slice(-4).map(String).join('.')) !== undefined)
        return true
    } else numbers.length = 0
  }
  return false
}

/**
 * The risk of a host as `URL.hostname` gives it, in which every notation of an IPv4 address (octal, hexadecimal, one
 * number) has become dotted decimal. A name without risk may still resolve to a private address: look again at what it
 * resolves to, with {@link addressRisk}.
 */
export function hostRisk(hostname: string): HostRisk | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (isIP(bare) !== 0) return addressRisk(bare)
  const name = (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase()
  if (metadataNames.has(name)) return 'metadata'
  if (!name.includes('.') || privateDomains.some((domain) => isWithin(name, domain))) return 'private'
  if (rebindingDomains.some((domain) => isWithin(name, domain)) || namesRiskyAddress(name)) return 'rebinding'
  return undefined
}
