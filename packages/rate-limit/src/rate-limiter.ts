import {
  AlfredConfigError,
  AlfredError,
  asError,
  createClientAddressResolver,
  createProxyCheck,
  dropRejection,
  isAlfredError,
  type Lifecycle,
  lifecycle,
  type Middleware,
  type ProxyFinding,
  readStop,
} from '@alfred/core'
import type { IncomingMessage } from 'node:http'
import { createAddressGate } from './addresses/address-gate.ts'
import { createAdministration, type RateLimitAdministration } from './administration.ts'
import { createAdmission } from './admission/admission.ts'
import { type ClaimReader, createClaimReader } from './admission/claim-reader.ts'
import { createConsumption, type RateLimitConsumption } from './consumption/consumption.ts'
import { noteCreation } from './created-in-handlers.ts'
import { createDenialMemory } from './policies/denial-memory.ts'
import { forgetEdited } from './policies/forget-edited.ts'
import { createForgottenDenials } from './policies/forgotten-denials.ts'
import { createGuardedStore } from './stores/guarded-store.ts'
import { createLeaseKeeper } from './admission/lease-keeper.ts'
import { createLimitAnswer } from './answers/limit-answer.ts'
import { createLimitingMiddleware } from './limiting-middleware.ts'
import { createMemoryStore } from './stores/memory/memory-store.ts'
import { createOutcomeReader } from './policies/outcome-reader.ts'
import { createPlanReader } from './policies/plan-reader.ts'
import { createPlans, type RateLimitPlans } from './policies/plans.ts'
import { type ActivePolicy, createPolicySets } from './policies/policy-set.ts'
import { type RateLimitOptions, resolveRateLimitOptions } from './rate-limit-options.ts'
import type { StoreWatch } from './stores/rate-limit-store.ts'
import { createUnitsAhead } from './policies/units-ahead.ts'

/** Limits how often things happen. */
export interface RateLimiter extends Lifecycle, RateLimitConsumption, RateLimitAdministration {
  /** Counts requests by the policies that match them, and ends those that are too many with 429. */
  readonly middleware: Middleware
  /**
   * Refuses addresses that are denied or banned, and nothing else. {@link middleware} does it too; in front of
   * authentication it spares that the work, and sees its 401.
   */
  readonly addressMiddleware: Middleware
  /**
   * Middleware for single routes: counts requests by policies with `match: false`, and ends those that are too many with
   * 429. It stands where the application knows the user.
   *
   * @param names - of the policies; all of them count a request, or none
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`
   * @throws AlfredConfigError for a policy without `match: false`, which would count the request twice
   *
   * @example
   * ```ts
   * import { createRateLimiter } from '@alfred/rate-limit'
   * import express from 'express'
   *
   * const limiter = createRateLimiter({
   *   policies: [{ name: 'export', limit: 5, windowMs: 3_600_000, key: 'user', match: false }],
   * })
   * express().get('/export', limiter.limit('export'), (_request, response) => response.send('a,b'))
   * ```
   */
  limit(...names: readonly [string, ...string[]]): Middleware
  /** What the policies' plans have answered. */
  readonly plans: RateLimitPlans
  /**
   * Counts an offence of the client's address towards a ban: a wrong password, a probe for a weakness. Does
   * nothing unless `bans` are on.
   *
   * @param weight - how many offences this is, a number above 0
   * @default weight 1
   * @throws AlfredError `ALFRED_RATE_LIMIT_INVALID_COST` for another weight
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

const maxStartMs = 1000

/** What a store of the application returned as its watch; one that hears nothing where it is none. */
function readWatch(watch: unknown): StoreWatch {
  dropRejection(watch)
  const { hears, close }: Partial<Record<keyof StoreWatch, unknown>> =
    typeof watch === 'object' && watch !== null ? watch : {}
  if (typeof close !== 'function') return { hears: false, close: () => undefined }
  if (typeof hears !== 'boolean') return { hears: false, close: readStop(close.bind(watch)) }
  return {
    get hears() {
      return typeof watch === 'object' && watch !== null && Reflect.get(watch, 'hears') === true
    },
    close: readStop(close.bind(watch)),
  }
}

/** For how long a denial is believed where an administrator's changes are not heard of. */
const unheardMs = 1000

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
  noteCreation(resolved.logger)
  const { store, clock } = resolved
  const forgotten = createForgottenDenials()
  const watch = readWatch(
    store.watch?.((name) => {
      forgetEdited(policies, name)
    }),
  )
  // Where an administrator may change what nobody hears of, denials are not believed for long.
  const maxDenialMs = (): number => (!store.edit || watch.hears ? Infinity : unheardMs)
  const policies: readonly ActivePolicy[] = resolved.policies.map((policy, index) => ({
    ...policy,
    index,
    denials: createDenialMemory({ lifeMs: policy.lifeMs, clock, maxMs: maxDenialMs, forgotten }),
    unitsAhead: createUnitsAhead(),
    planReader: policy.plan && createPlanReader(policy, policy.plan, resolved),
    outcomeReader: createOutcomeReader(policy, resolved.logger),
  }))
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  const fallback = createMemoryStore({ clock })
  const setOf = createPolicySets(policies, store, fallback, resolved)
  const guarded = createGuardedStore(resolved)
  const keeper = createLeaseKeeper(clock)
  const admission = createAdmission({ ...resolved, guarded, keeper, forgotten })
  const claimReader = createClaimReader({ ...resolved, policies, setOf })
  const addresses = createClientAddressResolver(resolved.trustProxy)
  const proxyCheck = createProxyCheck(resolved)
  const gate = createAddressGate({ ...resolved, addresses, guarded })
  const answer = createLimitAnswer({ ...resolved, gate })

  const policyOf = (name: string): ActivePolicy => {
    const policy = byName.get(name)
    if (policy) return policy
    throw new AlfredError('ALFRED_RATE_LIMIT_UNKNOWN_POLICY', `There is no rate limit policy "${name}".`, {
      policy: name,
      policies: [...byName.keys()],
    })
  }

  const quotaOf = async ({ planReader }: ActivePolicy, subject: string, key: string) =>
    planReader?.read(subject, { key, request: undefined })

  const administration = createAdministration({
    policies,
    policyOf,
    quotaOf,
    setOf,
    guarded,
    store,
    fallback,
  })

  const limitBy = (reader: Pick<ClaimReader, 'read'>): Middleware =>
    createLimitingMiddleware({
      proxyCheck,
      gate,
      claimReader: reader,
      admission,
      answer,
      logger: resolved.logger,
    })

  const consumption = createConsumption({ policyOf, setOf, admission, claimReader, answer })

  return {
    middleware: limitBy(claimReader),
    limit(...names) {
      const named = names.map(policyOf)
      refuseMatching(named)
      return limitBy({ read: (request) => claimReader.count(request, named) })
    },
    addressMiddleware(request, response, next) {
      if (gate.verdict(request, response) !== 'refused') next()
    },
    ...consumption,
    ...administration,
    plans: createPlans({ policies, guarded, store }),
    report(request, weight = 1) {
      if (!Number.isFinite(weight) || weight <= 0) {
        throw new AlfredError(
          'ALFRED_RATE_LIMIT_INVALID_COST',
          'The weight of an offence must be a number above 0.',
          { min: 0 },
        )
      }
      gate.countOffence(request, weight)
    },
    check: () => proxyCheck.findings(),
    unban: (address) => gate.lift(address),
    ...lifecycle(
      async () => {
        watch.close()
        keeper.close()
        guarded.close()
        await Promise.all([store.close(), fallback.close()])
      },
      () =>
        new Promise((resolve, reject) => {
          // An async wrapper, so that a store that throws at once is one that rejects.
          const open = async (): Promise<void> => store.ready()
          const timer = clock.setTimeout(resolve, maxStartMs)
          open().then(
            () => {
              timer.cancel()
              resolve()
            },
            (error: unknown) => {
              // It may come yet.
              if (isAlfredError(error, 'ALFRED_STORE_UNAVAILABLE')) return
              timer.cancel()
              reject(asError(error))
            },
          )
        }),
    ),
  }
}

function refuseMatching(policies: readonly ActivePolicy[]): void {
  if (policies.length === 0) {
    const problem = {
      path: 'limit()',
      code: 'ALFRED_CONFIG_MISSING',
      message: 'must name a policy.',
    } as const
    throw new AlfredConfigError([problem])
  }
  const problems = policies
    .filter(({ match }) => match !== false)
    .map(({ name }) => ({
      path: `limit("${name}")`,
      code: 'ALFRED_CONFIG_CONFLICT' as const,
      message: 'must name a policy with match: false: the middleware counts this one already.',
    }))
  if (problems.length > 0) throw new AlfredConfigError(problems)
}
