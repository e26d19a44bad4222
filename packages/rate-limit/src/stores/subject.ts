import { addressGroup, canonicalAddress, type Identity } from '@alfred/core'
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

/** The subject of a client's address; the whole /64 for IPv6. */
export const addressSubject = (address: string): string =>
  canonicalAddress(address) === undefined ? subject('a', address) : `a:${addressGroup(address)}`

/** The subject of a client's network: the /48 for IPv6, which is what a site gets; IPv4 addresses themselves. */
export const networkSubject = (address: string): string =>
  canonicalAddress(address) === undefined ? subject('n', address) : `n:${addressGroup(address, 48)}`

/** The subject of somebody who was authenticated. */
export const identitySubject = ({ kind, id }: Identity): string => subject(kind === 'user' ? 'u' : 'p', id)

/** The subject of a key of the application's own. */
export const keySubject = (key: string): string => subject('k', key)

/** Whose subject it is: one of the kinds, or a key that a function reads. */
type SubjectKind = 'address' | 'network' | 'user' | ((request: IncomingMessage) => unknown)

/** The subject that a policy with `key` counts, of the address, id or key that somebody gives for it. */
export function policySubject(key: SubjectKind, value: string): string {
  if (key === 'address') return addressSubject(value)
  if (key === 'network') return networkSubject(value)
  return key === 'user' ? identitySubject({ kind: 'user', id: value }) : keySubject(value)
}
