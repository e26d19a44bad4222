import { addressGroup, AlfredError, canonicalAddress, type Identity, readIdentity } from '@alfred/core'
import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const maxPlainKey = 64
const printable = /^[\x21-\x7e]+$/

/**
 * A subject's name in the store: its kind, so that a user called `203.0.113.7` is not that address, and
 * the key; a key that is long or holds unusual characters is replaced by its SHA-256.
 */
function subject(kind: string, key: string): string {
  if (key.length <= maxPlainKey && printable.test(key)) return `${kind}:${key}`
  return `${kind}#${hash('sha256', key, 'base64url')}`
}

/** What is known of a policy that counts addresses. */
interface AddressPolicy {
  readonly key: SubjectKind
  readonly ipv6PrefixBits: number
}

/** The subject of a client's address, or of its network: of IPv6 what one customer of a provider holds. */
export function addressSubject(address: string, { key, ipv6PrefixBits }: AddressPolicy): string {
  const kind = key === 'network' ? 'n' : 'a'
  if (canonicalAddress(address) === undefined) return subject(kind, address)
  return `${kind}:${addressGroup(address, ipv6PrefixBits)}`
}

/** The subject of somebody who was authenticated. */
export const identitySubject = ({ kind, id }: Identity): string => subject(kind === 'user' ? 'u' : 'p', id)

/** The subject of a key of the application's own. */
export const keySubject = (key: string): string => subject('k', key)

const planPrefix = 'plan/'

/** The name under which the other processes are told that a subject's plan has changed; nobody is counted by it. */
export const planSubject = (counted: string): string => `${planPrefix}${counted}`

/** The subject whose plan has changed; `undefined` for the name of a subject that is counted. */
export const readPlanSubject = (name: string): string | undefined =>
  name.startsWith(planPrefix) ? name.slice(planPrefix.length) : undefined

/** Whose subject it is: one of the kinds, or a key that a function reads. */
type SubjectKind = 'address' | 'network' | 'user' | ((request: IncomingMessage) => unknown)

/**
 * Whom a call means. A text or number is a client address, a user's id or a key of the application's own, as the policy's
 * `key` says. A policy of users counts API keys too, and the addresses of those whom nobody knows: each has its own name.
 */
export type RateLimitSubject =
  string | number | { readonly apiKey: string | number } | { readonly address: string }

/** Whom a policy counts. */
export interface NamedSubject {
  /** Its name in the store. */
  readonly subject: string
  /** The address, id or key behind it. */
  readonly key: string
}

const invalidKey = (policy: string): AlfredError =>
  new AlfredError(
    'ALFRED_RATE_LIMIT_INVALID_KEY',
    `A key for "${policy}" must be a non-empty text; where its key is 'user' also { apiKey: id } or { address }.`,
    { policy },
  )

/** The one member of an object that names somebody. */
function readMember(who: object): readonly ['address' | 'apiKey', unknown] | undefined {
  const [member, ...others] = Object.entries<unknown>({ ...who })
  if (!member || others.length > 0) return undefined
  const [name, value] = member
  return name === 'apiKey' || name === 'address' ? [name, value] : undefined
}

/**
 * The subject that a policy counts for somebody a caller names.
 *
 * @throws AlfredError `ALFRED_RATE_LIMIT_INVALID_KEY` for what names nobody: one bucket would hold all who have no id
 */
export function readSubject(policy: AddressPolicy & { readonly name: string }, who: unknown): NamedSubject {
  const member = typeof who === 'object' && who !== null ? readMember(who) : undefined
  if (typeof who === 'object' && (!member || policy.key !== 'user')) throw invalidKey(policy.name)
  const [kind, value] = member ?? [undefined, who]
  const key = readKey(policy.name, value)
  if (kind === 'apiKey') return { key, subject: identitySubject({ kind: 'api-key', id: key }) }
  if (kind === 'address' || policy.key === 'address' || policy.key === 'network') {
    return { key, subject: addressSubject(key, policy) }
  }
  if (policy.key === 'user') return { key, subject: identitySubject({ kind: 'user', id: key }) }
  return { key, subject: keySubject(key) }
}

function readKey(policy: string, value: unknown): string {
  let key: string | undefined
  try {
    key = readIdentity(policy, value)
  } catch {
    // Nobody, as an empty text is.
  }
  if (key === undefined) throw invalidKey(policy)
  return key
}
