import {
  createClientAddressResolver,
  createGuardedFunction,
  createProtectionMatcher,
  type EventBus,
  isThenable,
  type Logger,
  readIdentity,
  requestContext,
  type TrustProxy,
} from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import type { Claim } from './admission.ts'
import type { Quota } from '../algorithms/algorithm.ts'
import type { RateLimitKey } from '../policies/policy.ts'
import type { ActivePolicy, PolicySet } from '../policies/policy-set.ts'
import { createMisuseLog } from './misuse-log.ts'
import { addressSubject, identitySubject, keySubject } from '../stores/subject.ts'

/** What {@link createClaimReader} needs. */
export interface ClaimReaderOptions {
  readonly policies: readonly ActivePolicy[]
  readonly setOf: (mask: number) => PolicySet
  readonly trustProxy: TrustProxy
  readonly logger: Logger
  readonly events: EventBus
}

/** A policy's index and whom it counts. */
export interface Counted {
  readonly subject: string
  readonly index: number
  /** The quota of the subject's plan. */
  readonly quota?: Quota | undefined
}

/** Whom one policy counts in a request. */
export interface Found {
  readonly subject: string
  /** The address, id or key behind it. */
  readonly key: string
  readonly policy: ActivePolicy
}

/** Puts policies that count the same subject together. */
export function groupClaims(counted: readonly Counted[], setOf: (mask: number) => PolicySet): Claim[] {
  const groups: { readonly subject: string; mask: number }[] = []
  for (const { subject, index } of counted) {
    const group = groups.find((other) => other.subject === subject)
    if (group) group.mask |= 1 << index
    else groups.push({ subject, mask: 1 << index })
  }
  const planned = counted.some(({ quota }) => quota !== undefined)
  return groups.map(({ subject, mask }) => {
    const set = setOf(mask)
    if (!planned) return { subject, set }
    const quotas = set.policies.map(
      ({ index }) => counted.find((each) => each.index === index && each.subject === subject)?.quota,
    )
    return { subject, set, quotas }
  })
}

/** Of a key function that failed: the request counts by its address, since uncounted it would pass every limit. */
const unreadable = Symbol('unreadable')

const createKeyReader = (
  policy: string,
  key: Extract<RateLimitKey, (...parameters: never[]) => unknown>,
  logger: Logger,
): ((request: IncomingMessage) => string | undefined | typeof unreadable) => {
  const name = `rateLimit.policies[${policy}].key`
  return createGuardedFunction<[IncomingMessage], string | undefined | typeof unreadable>({
    name,
    call: key,
    read: (answer) => readIdentity(name, answer),
    fallback: unreadable,
    consequence: 'the request counts by its address',
    logger,
  })
}

/** Reads whom a request counts for. */
export interface ClaimReader {
  /** Those of the policies that match it, each at the first reading alone; a promise while somebody's plan is not known. */
  read(request: IncomingMessage): readonly Claim[] | Promise<readonly Claim[]>
  /** Those of the policies that are named, whether they match it or not. */
  count(
    request: IncomingMessage,
    policies: readonly ActivePolicy[],
  ): readonly Claim[] | Promise<readonly Claim[]>
  /** Whom one policy counts in it, whether it matches or not. */
  find(policy: ActivePolicy, request: IncomingMessage): Found | undefined
}

/**
 * Builds the function that reads from a request whom it counts for, and in which policies. A policy whose
 * key the request does not have is left out, for a key that all such requests shared would let one client
 * lock out the others; that is logged once for each policy.
 */
export function createClaimReader(options: ClaimReaderOptions): ClaimReader {
  const { setOf, logger, events } = options
  const addresses = createClientAddressResolver(options.trustProxy)
  const policies = options.policies.flatMap((policy) =>
    policy.match === false
      ? []
      : [
          {
            policy,
            matches: createProtectionMatcher(policy.match, {
              option: `rateLimit policy ${policy.name}, match`,
              logger,
            }),
          },
        ],
  )
  const reported = new Set<string>()
  const misuse = createMisuseLog(logger)
  // Of this limiter alone: another one counts for itself.
  const countedKey = Symbol('alfred.counted')
  type CountedRequest = IncomingMessage & { [countedKey]?: number }

  /** The policies that have not counted the request yet, which may come by several times. */
  const withoutCounted = (
    request: CountedRequest,
    matching: readonly ActivePolicy[],
  ): readonly ActivePolicy[] => {
    const before = request[countedKey] ?? 0
    let mask = before
    for (const { index } of matching) mask |= 1 << index
    request[countedKey] = mask
    if (before === 0) return matching
    return matching.filter(({ name, index }) => {
      const isCounted = (before & (1 << index)) !== 0
      if (isCounted) misuse.countedTwice(name)
      return !isCounted
    })
  }
  const keyReaders = new Map(
    options.policies.flatMap(({ name, key }) =>
      typeof key === 'function' ? [[name, createKeyReader(name, key, logger)] as const] : [],
    ),
  )

  const reportMissing = (policy: string): void => {
    if (reported.has(policy)) return
    reported.add(policy)
    logger.warn({ policy }, 'a rate limit policy does not count requests without a key')
    events.emit('rate-limit.key-missing', { policy })
  }

  /** Whom a policy counts; `undefined` for a request without its key. */
  const identify = (policy: ActivePolicy, request: IncomingMessage): Found | undefined => {
    const readKey = keyReaders.get(policy.name)
    if (readKey) {
      const own = readKey(request)
      if (own === undefined) return undefined
      if (own !== unreadable) {
        misuse.inspectKey(policy.name, own)
        return { policy, key: own, subject: keySubject(own) }
      }
    }
    const { identity } = requestContext(request)
    if (policy.key === 'user' && identity) {
      return { policy, key: identity.id, subject: identitySubject(identity) }
    }
    const address = addresses.address(request)
    return address === undefined
      ? undefined
      : { policy, key: address, subject: addressSubject(address, policy) }
  }

  const find = (policy: ActivePolicy, request: IncomingMessage): Found | undefined => {
    const found = identify(policy, request)
    if (!found) reportMissing(policy.name)
    return found
  }

  const count = (
    request: IncomingMessage,
    matching: readonly ActivePolicy[],
  ): readonly Claim[] | Promise<readonly Claim[]> => {
    const counted: Counted[] = []
    let waiting: Promise<void>[] | undefined
    for (const policy of withoutCounted(request, matching)) {
      const found = find(policy, request)
      if (!found) continue
      const { subject, key } = found
      const { index, planReader } = policy
      const quota = planReader?.read(subject, { key, request })
      if (isThenable(quota)) {
        waiting ??= []
        waiting.push(quota.then((own) => void counted.push({ subject, index, quota: own })))
      } else counted.push({ subject, index, quota })
    }
    return waiting
      ? Promise.all(waiting).then(() => groupClaims(counted, setOf))
      : groupClaims(counted, setOf)
  }

  return {
    find,
    count,
    read(request) {
      const matching: ActivePolicy[] = []
      for (const { policy, matches } of policies) if (matches(request)) matching.push(policy)
      return count(request, matching)
    },
  }
}
