import {
  AlfredError,
  createClientAddressResolver,
  createProxyCheck,
  type Lifecycle,
  lifecycle,
  type Middleware,
  type ProxyFinding,
} from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Claim, createAdmission, type Outcome } from './admission.ts'
import { createAdministration, type RateLimitAdministration } from './administration.ts'
import { type Counted, createClaimReader, groupClaims } from './claims.ts'
import { createAddressGate } from './addresses/address-gate.ts'
import { createDenialMemory } from './denial-memory.ts'
import { sendDenial } from './denial-response.ts'
import { createGuardedStore } from './guarded-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import { createPlanReader } from './plans.ts'
import { type ActivePolicy, createPolicySets } from './policy-set.ts'
import { createQuotaFieldWriter } from './quota-fields/quota-field-writer.ts'
import { retryAfterSeconds } from './quota-fields/retry-after.ts'
import { type RateLimitDecision, toDecision } from './rate-limit-decision.ts'
import { type RateLimitOptions, resolveRateLimitOptions } from './rate-limit-options.ts'
import { createReservation, type Reservation } from './reservation.ts'
import { createUnitPurses } from './unit-leases.ts'
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

/** What to reserve. */
export interface RateLimitReserve {
  /** The policy's name. */
  readonly policy: string
  /** Units to count until the real number is known. */
  readonly cost: number
  /**
   * The response of the request: closed before it has ended, it gives back what was not spent.
   *
   * @default an abort is not noticed
   */
  readonly response?: ServerResponse | undefined
}

/** Limits how often things happen. */
export interface RateLimiter extends Lifecycle, RateLimitAdministration {
  /** Counts requests by the policies that match them, and ends those that are too many with 429. */
  readonly middleware: Middleware
  /**
   * Refuses addresses that are denied or banned, and nothing else. {@link middleware} does it too; in front of
   * authentication it spares that the work, and sees its 401.
   */
  readonly addressMiddleware: Middleware
  /**
   * Counts something that is not a request, in all the given policies or in none.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, or `ALFRED_RATE_LIMIT_INVALID_COST` for a cost
   * that is no whole number from 0 to the policy's burst
   */
  consume(...takes: readonly [RateLimitTake, ...RateLimitTake[]]): Promise<RateLimitDecision>
  /**
   * Counts units whose real number is known only afterwards, such as the tokens of an AI model.
   *
   * @param who - a request, whose key the policy reads, or the key itself
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_COST`
   *
   * @example
   * ```ts
   * import type { RateLimiter } from '@alfred/rate-limit'
   *
   * export async function chat(limiter: RateLimiter, userId: string, ask: () => Promise<{ tokens: number }>) {
   *   const reservation = await limiter.reserve(userId, { policy: 'tokens', cost: 2000 })
   *   if (!reservation.allowed) return { retryAfterMs: reservation.retryAfterMs }
   *   try {
   *     const answer = await ask()
   *     await reservation.settle(answer.tokens)
   *     return answer
   *   } finally {
   *     await reservation.refund()
   *   }
   * }
   * ```
   */
  reserve(who: IncomingMessage | string, what: RateLimitReserve): Promise<Reservation>
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

/** For how long a denial is believed where an administrator's changes are not heard of. */
const unheardMs = 1000

const subjectOf = ({ key }: ActivePolicy, value: string): string => {
  if (key === 'address') return addressSubject(value)
  if (key === 'network') return networkSubject(value)
  return key === 'user' ? identitySubject({ kind: 'user', id: value }) : keySubject(value)
}

/** Of a request that the policy has no key for. */
const uncounted: RateLimitDecision = {
  allowed: true,
  reason: undefined,
  retryAfterMs: 0,
  violated: [],
  statuses: [],
  release: () => undefined,
}

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
  const { store, clock } = resolved
  const watch = store.watch?.((subject) => {
    for (const { denials, purses } of policies) {
      if (subject === undefined) denials.clear()
      else {
        denials.forget(subject)
        purses.forget(subject)
      }
    }
  })
  // Where an administrator may change what nobody hears of, denials are not believed for long.
  const longestDenialMs = (): number => (!store.edit || watch?.hears === true ? Infinity : unheardMs)
  const policies: readonly ActivePolicy[] = resolved.policies.map((policy, index) => ({
    ...policy,
    index,
    denials: createDenialMemory(policy.lifeMs, clock, longestDenialMs),
    purses: createUnitPurses(),
    readPlan: policy.plan && createPlanReader(policy, policy.plan, resolved),
  }))
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  const fallback = createMemoryStore({ clock })
  const setOf = createPolicySets(policies, store, fallback, resolved)
  const guarded = createGuardedStore(resolved)
  const keeper = createLeaseKeeper(clock)
  const admission = createAdmission({ ...resolved, guarded, keeper })
  const claimReader = createClaimReader({ ...resolved, policies, setOf })
  const writeFields = createQuotaFieldWriter(resolved)
  const addresses = createClientAddressResolver(resolved.trustProxy)
  const proxyCheck = createProxyCheck(resolved)
  const gate = createAddressGate({ ...resolved, addresses, guarded })

  const policyOf = (name: string): ActivePolicy => {
    const policy = byName.get(name)
    if (policy) return policy
    throw new AlfredError('ALFRED_RATE_LIMIT_UNKNOWN_POLICY', `There is no rate limit policy "${name}".`)
  }

  const quotaOf = async ({ readPlan }: ActivePolicy, subject: string, key: string) =>
    readPlan?.(subject, { key, request: undefined })

  const administration = createAdministration({
    policies,
    policyOf,
    subjectOf,
    quotaOf,
    setOf,
    guarded,
    store,
    fallback,
  })

  const checkCost = (policy: ActivePolicy, cost: number): void => {
    // What somebody's plan grants may be more than the policy's own burst.
    const most = policy.plan ? 1_000_000_000 : policy.algorithm === 'concurrency' ? 1 : policy.burst
    if (Number.isInteger(cost) && cost >= 0 && cost <= most) return
    throw new AlfredError(
      'ALFRED_RATE_LIMIT_INVALID_COST',
      `A cost for "${policy.name}" must be a whole number from 0 to ${String(most)}.`,
    )
  }

  const readTakes = async (takes: readonly RateLimitTake[]): Promise<readonly Claim[]> => {
    const costs = new Map<string, number>()
    const counted = takes.map((take) => {
      const policy = policyOf(take.policy)
      const subject = subjectOf(policy, take.key)
      const place = `${String(policy.index)} ${subject}`
      const cost = (costs.get(place) ?? 0) + (take.cost ?? policy.cost)
      checkCost(policy, cost)
      costs.set(place, cost)
      return {
        subject,
        index: policy.index,
        quota: policy.readPlan?.(subject, { key: take.key, request: undefined }),
      }
    })
    const planned: Counted[] = []
    for (const each of counted) planned.push({ ...each, quota: await each.quota })
    return groupClaims(planned, setOf).map((claim) => ({
      ...claim,
      costs: claim.set.policies.map(({ index }) => costs.get(`${String(index)} ${claim.subject}`) ?? 0),
    }))
  }

  const admit = (claims: readonly Claim[]): Promise<Outcome> =>
    new Promise((resolve) => {
      admission.admit(claims, resolve)
    })

  /** Lets a request pass or ends it, once it is known whom it counts for. */
  const decide = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
    claims: readonly Claim[],
  ): void => {
    if (claims.length === 0) {
      next()
      return
    }
    admission.admit(claims, (outcome) => {
      const seconds = outcome.allowed
        ? 0
        : retryAfterSeconds(outcome.retryAfterMs, resolved.retryAfterJitterMs, Math.random)
      if (!response.headersSent) writeFields(response, { outcome, claims, retryAfterSeconds: seconds })
      if (outcome.release) {
        if (response.closed) outcome.release()
        else response.once('close', outcome.release)
      }
      if (outcome.allowed) next()
      else {
        if (outcome.reason === 'quota') gate.offend(request, 1)
        sendDenial(request, response, outcome, seconds, clock)
      }
    })
  }

  return {
    middleware(request, response, next) {
      proxyCheck.observe(request)
      const verdict = gate.verdict(request, response)
      if (verdict === 'refused') return
      if (verdict === 'exempt') {
        next()
        return
      }
      let claims: readonly Claim[] | Promise<readonly Claim[]>
      try {
        claims = claimReader.read(request)
      } catch (error) {
        next(error)
        return
      }
      if (claims instanceof Promise) {
        void claims.then((known) => {
          decide(request, response, next, known)
        })
      } else decide(request, response, next, claims)
    },
    addressMiddleware(request, response, next) {
      if (gate.verdict(request, response) !== 'refused') next()
    },
    consume: async (...takes) => toDecision(await admit(await readTakes(takes))),
    async reserve(who, { policy: name, cost, response }) {
      const policy = policyOf(name)
      checkCost(policy, cost)
      const found =
        typeof who === 'string'
          ? { key: who, subject: subjectOf(policy, who) }
          : claimReader.find(policy, who)
      if (!found) return createReservation(uncounted, cost, undefined, response)
      const { key, subject } = found
      const request = typeof who === 'string' ? undefined : who
      const quota = await policy.readPlan?.(subject, { key, request })
      const claims = groupClaims([{ subject, index: policy.index, quota }], setOf)
      const outcome = await admit(claims.map((claim) => ({ ...claim, costs: [cost] })))
      // A shadow policy that had no room has counted nothing.
      const counted = outcome.results[0]?.answer?.allowed === true ? cost : 0
      const amend = outcome.amend && ((units: number) => outcome.amend?.([units], true) ?? Promise.resolve())
      return createReservation(toDecision(outcome), counted, amend, response)
    },
    ...administration,
    report(request, weight = 1) {
      gate.offend(request, weight)
    },
    check: () => proxyCheck.findings(),
    unban: (address) => gate.lift(address),
    ...lifecycle(
      async () => {
        watch?.close()
        keeper.close()
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
