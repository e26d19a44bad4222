import {
  createClientAddressResolver,
  createPathMatcher,
  type EventBus,
  type Logger,
  requestContext,
  requestPath,
  type TrustProxy,
} from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import type { Claim } from './admission.ts'
import type { ActivePolicy, PolicySet } from './policy-set.ts'
import { addressSubject, identitySubject, keySubject, networkSubject } from './subject.ts'

/** What {@link createClaimReader} needs. */
export interface ClaimReaderOptions {
  readonly policies: readonly ActivePolicy[]
  readonly setOf: (mask: number) => PolicySet
  readonly trustProxy: TrustProxy
  readonly logger: Logger
  readonly events: EventBus
}

/** A policy's place and whom it counts. */
export interface Counted {
  readonly subject: string
  readonly index: number
}

/** Puts policies that count the same subject together. */
export function groupClaims(counted: readonly Counted[], setOf: (mask: number) => PolicySet): Claim[] {
  const groups: { readonly subject: string; mask: number }[] = []
  for (const { subject, index } of counted) {
    const group = groups.find((known) => known.subject === subject)
    if (group) group.mask |= 1 << index
    else groups.push({ subject, mask: 1 << index })
  }
  return groups.map(({ subject, mask }) => ({ subject, set: setOf(mask) }))
}

/**
 * Builds the function that reads from a request whom it counts for, and in which policies. A policy whose
 * key the request does not have is left out, for a key that all such requests shared would let one client
 * lock out the others; that is told once for each policy.
 */
export function createClaimReader(
  options: ClaimReaderOptions,
): (request: IncomingMessage) => readonly Claim[] {
  const { setOf, logger, events } = options
  const addresses = createClientAddressResolver(options.trustProxy)
  const policies = options.policies.flatMap((policy) =>
    policy.match === false ? [] : [{ ...policy, matches: createPathMatcher(policy.match) }],
  )
  const told = new Set<string>()

  const tellMissing = (policy: string): void => {
    if (told.has(policy)) return
    told.add(policy)
    logger.warn({ policy }, 'a rate limit policy does not count requests that have no key for it')
    events.emit('rate-limit.key-missing', { policy })
  }

  const addressOf = (request: IncomingMessage): string | undefined => {
    const address = addresses.address(request)
    return address === undefined ? undefined : addressSubject(address)
  }

  const subjectOf = ({ key }: ActivePolicy, request: IncomingMessage): string | undefined => {
    if (key === 'address') return addressOf(request)
    if (key === 'network') {
      const address = addresses.address(request)
      return address === undefined ? undefined : networkSubject(address)
    }
    if (key === 'user') {
      const { identity } = requestContext(request)
      return identity ? identitySubject(identity) : addressOf(request)
    }
    const own = key(request)
    return own === undefined || own === '' ? undefined : keySubject(own)
  }

  return (request) => {
    const path = requestPath(request)
    const counted: Counted[] = []
    for (const policy of policies) {
      if (!policy.matches(path, request)) continue
      const subject = subjectOf(policy, request)
      if (subject === undefined) tellMissing(policy.name)
      else counted.push({ subject, index: policy.index })
    }
    return groupClaims(counted, setOf)
  }
}
