import {
  AlfredError,
  createClientAddressResolver,
  createProxyCheck,
  type Lifecycle,
  lifecycle,
  type Middleware,
  type ProxyFinding,
} from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import { type Claim, createAdmission, type Outcome } from './admission.ts'
import { createClaimReader, groupClaims } from './claims.ts'
import { createAddressGate } from './addresses/address-gate.ts'
import { createDenialMemory } from './denial-memory.ts'
import { sendDenial } from './denial-response.ts'
import { createGuardedStore } from './guarded-store.ts'
import { createMemoryStore } from './memory-store.ts'
import type { PolicyAnswer } from './policy-answer.ts'
import { type ActivePolicy, createPolicySets } from './policy-set.ts'
import { createQuotaFieldWriter } from './quota-fields/quota-field-writer.ts'
import { retryAfterSeconds } from './quota-fields/retry-after.ts'
import { type RateLimitOptions, resolveRateLimitOptions } from './rate-limit-options.ts'
import { addressSubject, identitySubject, keySubject, networkSubject } from './subject.ts'

/** One policy to count in, and for whom. */
export interface RateLimitTake {
  /** The policy's name. */
  readonly policy: string
  /** A client address, a user's id, or a key of the application's own, as the policy's `key` says. */
  readonly key: string
  /** @default the policy's cost */
  readonly cost?: number | undefined
}

/** What one policy says. */
export interface RateLimitStatus extends PolicyAnswer {
  readonly policy: string
  readonly limit: number
}

/** Whether something may go on. */
export interface RateLimitDecision {
  readonly allowed: boolean
  /** Why not: a quota is used up, or the store is away and a policy denies then. */
  readonly reason: 'quota' | 'store' | undefined
  /** Milliseconds until another try makes sense; 0 when allowed. */
  readonly retryAfterMs: number
  /** The names of the policies that denied. */
  readonly violated: readonly string[]
  /** The policies that were asked; empty where the store is away and nobody counted. */
  readonly statuses: readonly RateLimitStatus[]
}

/** Limits how often things happen. */
export interface RateLimiter extends Lifecycle {
  /** Counts requests by the policies that match them, and ends those that are too many with 429. */
  readonly middleware: Middleware
  /**
   * Counts something that is not a request, in all the given policies or in none.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, or `ALFRED_RATE_LIMIT_INVALID_COST` for a cost
   * that is no whole number from 0 to the policy's burst
   */
  consume(...takes: readonly [RateLimitTake, ...RateLimitTake[]]): Promise<RateLimitDecision>
  /**
   * Looks without counting; `allowed` says whether a request of the policy's cost would be admitted.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_STORE_UNAVAILABLE`
   */
  get(policy: string, key: string): Promise<RateLimitStatus>
  /**
   * Forgets what a policy has counted for somebody. Other processes that denied them keep to the time they
   * were told.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_STORE_UNAVAILABLE`
   */
  reset(policy: string, key: string): Promise<void>
  /**
   * Counts an offence of the client's address towards a ban: a wrong password, a probe for a weakness. Does
   * nothing unless `bans` are on.
   *
   * @param weight - how many offences this is
   * @default weight 1
   */
  report(request: IncomingMessage, weight?: number): void
  /** Ends the ban of an address and forgets the earlier ones. Other processes follow within a minute. */
  unban(address: string): Promise<void>
  /**
   * What requests have shown to be wrong with `trustProxy`, each problem in words that say what to set. Also told
   * once by the event `proxy.misconfigured`.
   */
  check(): readonly ProxyFinding[]
  /**
   * Asks the store whether it counts, for a health check.
   *
   * @throws AlfredError `ALFRED_STORE_UNAVAILABLE`
   */
  ping(): Promise<void>
}

const longestStartMs = 1000

/** Nobody's: a look leaves no key behind. */
const pingSubject = keySubject('ping')

const subjectOf = ({ key }: ActivePolicy, value: string): string => {
  if (key === 'address') return addressSubject(value)
  if (key === 'network') return networkSubject(value)
  return key === 'user' ? identitySubject({ kind: 'user', id: value }) : keySubject(value)
}

const toStatus = (policy: ActivePolicy, answer: PolicyAnswer): RateLimitStatus => ({
  ...answer,
  policy: policy.name,
  limit: policy.limit,
})

const toDecision = ({ allowed, reason, retryAfterMs, violated, results }: Outcome): RateLimitDecision => ({
  allowed,
  reason,
  retryAfterMs,
  violated: violated.map(({ name }) => name),
  statuses: results.flatMap(({ policy, answer }) => (answer ? [toStatus(policy, answer)] : [])),
})

/**
 * Builds a rate limiter.
 *
 * `ready()` resolves when the store is there, or after a second without it: a server may start while its
 * store is down, and each policy's `onStoreError` says what happens until it is back.
 *
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createRateLimiter, createRedisStore } from '@alfred/rate-limit'
 *
 * const limiter = createRateLimiter({ store: createRedisStore({ url: 'redis://127.0.0.1:6379' }) })
 *
 * createServer((request, response) => {
 *   limiter.middleware(request, response, () => response.end('hello'))
 * }).listen(3000)
 * ```
 */
export function createRateLimiter(options: RateLimitOptions = {}): RateLimiter {
  const resolved = resolveRateLimitOptions(options)
  const { store, clock, events } = resolved
  const policies: readonly ActivePolicy[] = resolved.policies.map((policy, index) => ({
    ...policy,
    index,
    denials: createDenialMemory(policy.lifeMs, clock),
  }))
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  const fallback = createMemoryStore({ clock })
  const setOf = createPolicySets(policies, store, fallback, resolved.instances)
  const guarded = createGuardedStore(resolved)
  const admission = createAdmission(guarded, events)
  const readClaims = createClaimReader({ ...resolved, policies, setOf })
  const writeFields = createQuotaFieldWriter(resolved)
  const addresses = createClientAddressResolver(resolved.trustProxy)
  const proxyCheck = createProxyCheck(resolved)
  const gate = createAddressGate({ ...resolved, addresses, guarded })

  const policyOf = (name: string): ActivePolicy => {
    const policy = byName.get(name)
    if (policy) return policy
    throw new AlfredError('ALFRED_RATE_LIMIT_UNKNOWN_POLICY', `There is no rate limit policy "${name}".`)
  }

  /** Asks the store about one policy, with a cost that no request has. */
  const ask = async (policy: ActivePolicy, subject: string, cost: number): Promise<PolicyAnswer> => {
    const { take, policies: members } = setOf(1 << policy.index)
    const answer = await guarded.take(take, members, subject, { costs: [cost] })
    const own = answer?.answers[0]
    if (own) return own
    throw new AlfredError('ALFRED_STORE_UNAVAILABLE', 'The rate limit store does not answer.')
  }

  const readTakes = (takes: readonly RateLimitTake[]) => {
    const costs = new Map<string, number>()
    const counted = takes.map((take) => {
      const policy = policyOf(take.policy)
      const subject = subjectOf(policy, take.key)
      const place = `${String(policy.index)} ${subject}`
      const cost = (costs.get(place) ?? 0) + (take.cost ?? policy.cost)
      if (!Number.isInteger(cost) || cost < 0 || cost > policy.burst) {
        throw new AlfredError(
          'ALFRED_RATE_LIMIT_INVALID_COST',
          `A cost for "${policy.name}" must be a whole number from 0 to ${String(policy.burst)}.`,
        )
      }
      costs.set(place, cost)
      return { subject, index: policy.index }
    })
    return groupClaims(counted, setOf).map((claim) => ({
      ...claim,
      costs: claim.set.policies.map(({ index }) => costs.get(`${String(index)} ${claim.subject}`) ?? 0),
    }))
  }

  return {
    middleware(request, response, next) {
      proxyCheck.observe(request)
      const verdict = gate.judge(request, response)
      if (verdict === 'refused') return
      if (verdict === 'exempt') {
        next()
        return
      }
      let claims: readonly Claim[]
      try {
        claims = readClaims(request)
      } catch (error) {
        next(error)
        return
      }
      if (claims.length === 0) {
        next()
        return
      }
      admission.admit(claims, (outcome) => {
        const seconds = outcome.allowed
          ? 0
          : retryAfterSeconds(outcome.retryAfterMs, resolved.retryAfterJitterMs, Math.random)
        if (!response.headersSent) writeFields(response, { outcome, claims, retryAfterSeconds: seconds })
        if (outcome.allowed) next()
        else {
          if (outcome.reason === 'quota') gate.offend(request, 1)
          sendDenial(request, response, outcome, seconds, clock)
        }
      })
    },
    async consume(...takes) {
      const claims = readTakes(takes)
      const outcome = await new Promise<Outcome>((resolve) => {
        admission.admit(claims, resolve)
      })
      return toDecision(outcome)
    },
    async get(name, key) {
      const policy = policyOf(name)
      return toStatus(policy, await ask(policy, subjectOf(policy, key), 0))
    },
    async reset(name, key) {
      const policy = policyOf(name)
      const subject = subjectOf(policy, key)
      policy.denials.forget(subject)
      setOf(1 << policy.index).local?.take(subject, { costs: [-policy.burst] })
      await ask(policy, subject, -policy.burst)
      policy.denials.forget(subject)
    },
    report(request, weight = 1) {
      gate.offend(request, weight)
    },
    check: () => proxyCheck.findings(),
    unban: (address) => gate.lift(address),
    async ping() {
      const [policy] = policies
      if (policy) await ask(policy, pingSubject, 0)
    },
    ...lifecycle(
      async () => {
        guarded.close()
        await Promise.all([store.close(), fallback.close()])
      },
      () =>
        new Promise((resolve, reject) => {
          const timer = clock.setTimeout(resolve, longestStartMs)
          store
            .ready()
            .then(resolve, reject)
            .finally(() => {
              timer.cancel()
            })
        }),
    ),
  }
}
