import { AlfredError } from '@alfred/core'
import { maxUs, type Quota } from './algorithms/algorithm.ts'
import type { GuardedStore } from './stores/guarded-store.ts'
import type { MemoryStore } from './stores/memory/memory-store.ts'
import type { ActivePolicy, PolicySet } from './policies/policy-set.ts'
import { type RateLimitStatus, toStatus } from './consumption/rate-limit-decision.ts'
import type { RateLimitStore, StoreEdit, TakeOptions } from './stores/rate-limit-store.ts'
import { keySubject, type RateLimitSubject, readSubject } from './stores/subject.ts'

/**
 * What an administrator may do, for one policy and key. All of it counts in the store, so for every process;
 * what others have remembered, they forget when the store tells them, or after a second.
 *
 * Each throws `ALFRED_RATE_LIMIT_INVALID_KEY` for a key that names nobody.
 */
export interface RateLimitAdministration {
  /**
   * Looks without counting; `allowed` says whether a request of the policy's cost would be admitted.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_STORE_UNAVAILABLE`
   */
  get(policy: string, key: RateLimitSubject): Promise<RateLimitStatus>
  /**
   * Forgets what a policy has counted for somebody, and ends a block.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_STORE_UNAVAILABLE`
   */
  reset(policy: string, key: RateLimitSubject): Promise<void>
  /**
   * Refuses somebody in a policy for `durationMs`, whatever is left; what is counted stays.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_DURATION`,
   * `ALFRED_RATE_LIMIT_UNSUPPORTED` for a store that cannot, `ALFRED_STORE_UNAVAILABLE`
   */
  block(policy: string, key: RateLimitSubject, durationMs: number): Promise<void>
  /**
   * Ends a block.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_STORE_UNAVAILABLE`
   */
  unblock(policy: string, key: RateLimitSubject): Promise<void>
  /**
   * Gives units back, never more than were counted.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_COST`,
   * `ALFRED_STORE_UNAVAILABLE`
   */
  reward(policy: string, key: RateLimitSubject, units: number): Promise<RateLimitStatus>
  /**
   * Counts units whether they fit or not, as far as the quota holds them.
   *
   * @throws AlfredError `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`, `ALFRED_RATE_LIMIT_INVALID_COST`,
   * `ALFRED_STORE_UNAVAILABLE`
   */
  penalty(policy: string, key: RateLimitSubject, units: number): Promise<RateLimitStatus>
}

/** What {@link createAdministration} needs. */
export interface AdministrationOptions {
  /** Finds a policy, or throws. */
  readonly policyOf: (name: string) => ActivePolicy
  readonly quotaOf: (policy: ActivePolicy, subject: string, key: string) => Promise<Quota | undefined>
  readonly setOf: (mask: number) => PolicySet
  readonly guarded: GuardedStore
  readonly store: RateLimitStore
  readonly fallback: MemoryStore
  readonly policies: readonly ActivePolicy[]
}

const minBlockMs = 1
const maxBlockMs = Math.floor(maxUs / 1000)

/** Nobody's: a look leaves no key behind. */
const pingSubject = keySubject('ping')

/** Builds the administrator's part of a limiter. */
export function createAdministration(
  options: AdministrationOptions,
): RateLimitAdministration & { readonly ping: () => Promise<void> } {
  const { policyOf, quotaOf, setOf, guarded, store, fallback } = options

  const forget = (policy: ActivePolicy, subject: string): void => {
    policy.denials.forget(subject)
    policy.unitsAhead.forget(subject)
  }

  /** Asks the store about one policy, with a cost that no request has. */
  const ask = async (name: string, who: RateLimitSubject, how: TakeOptions): Promise<RateLimitStatus> => {
    const policy = policyOf(name)
    const { subject, key } = readSubject(policy, who)
    const quota = await quotaOf(policy, subject, key)
    const { take, policies } = setOf(1 << policy.index)
    const answer = await guarded.take(take, policies, subject, { ...how, quotas: [quota] })
    const own = answer?.answers[0]
    if (!own) throw guarded.unavailable()
    return toStatus(policy, own, quota)
  }

  const edit = async (name: string, who: RateLimitSubject, change: Pick<StoreEdit, 'forget' | 'blockMs'>) => {
    const policy = policyOf(name)
    const { subject } = readSubject(policy, who)
    forget(policy, subject)
    const whole = { ...change, rule: policy, subject }
    fallback.edit(whole)
    const make = store.edit?.bind(store)
    if (!make) {
      if (change.blockMs === undefined) return
      if (!change.forget) {
        throw new AlfredError('ALFRED_RATE_LIMIT_UNSUPPORTED', 'The store cannot block.', {
          operation: 'block',
        })
      }
      await ask(name, who, { costs: [-policy.burst], forced: true })
      return
    }
    const made = await guarded.take(
      async () => {
        await make(whole)
        return { admitted: true, answers: [] }
      },
      [policy],
      subject,
    )
    if (!made) throw guarded.unavailable()
    // A denial that was under way meanwhile may have been remembered.
    forget(policy, subject)
  }

  const readUnits = (policy: string, units: number): number => {
    if (Number.isInteger(units) && units > 0) return units
    throw new AlfredError('ALFRED_RATE_LIMIT_INVALID_COST', 'Units must be a whole number from 1.', {
      policy,
      min: 1,
    })
  }

  return {
    get: (policy, key) => ask(policy, key, { costs: [0] }),
    reset: (policy, key) => edit(policy, key, { forget: true, blockMs: 0 }),
    async block(policy, key, durationMs) {
      if (!(typeof durationMs === 'number' && durationMs >= minBlockMs && durationMs <= maxBlockMs)) {
        throw new AlfredError(
          'ALFRED_RATE_LIMIT_INVALID_DURATION',
          `A block must last from ${String(minBlockMs)} to ${String(maxBlockMs)} ms.`,
          { policy, minMs: minBlockMs, maxMs: maxBlockMs },
        )
      }
      await edit(policy, key, { forget: false, blockMs: durationMs })
    },
    unblock: (policy, key) => edit(policy, key, { forget: false, blockMs: 0 }),
    async reward(policy, key, units) {
      const status = await ask(policy, key, { costs: [-readUnits(policy, units)] })
      await edit(policy, key, { forget: false })
      return status
    },
    async ping() {
      const [policy] = options.policies
      if (!policy) return
      const { take, policies } = setOf(1 << policy.index)
      if (!(await guarded.take(take, policies, pingSubject, { costs: [0] }))) throw guarded.unavailable()
    },
    async penalty(policy, key, units) {
      return ask(policy, key, { costs: [readUnits(policy, units)], forced: true })
    },
  }
}
