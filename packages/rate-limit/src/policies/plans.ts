import type { GuardedStore } from '../stores/guarded-store.ts'
import type { RateLimitStore } from '../stores/rate-limit-store.ts'
import { planSubject, type RateLimitSubject, readSubject } from '../stores/subject.ts'
import type { ActivePolicy } from './policy-set.ts'

/** What the policies' plans have answered, which is remembered for a minute. */
export interface RateLimitPlans {
  /**
   * Forgets what somebody's plan grants, in all policies and processes, so that the next request asks anew: for whom has
   * just paid, or was suspended. A process that has no connection to the store at that moment follows within a minute.
   *
   * @param key - as in the other calls of administration
   * @throws AlfredError `ALFRED_RATE_LIMIT_INVALID_KEY`, `ALFRED_STORE_UNAVAILABLE` when the others could not be told
   *
   * @example
   * ```ts
   * import type { RateLimiter } from '@alfred/rate-limit'
   *
   * export async function upgraded(limiter: RateLimiter, userId: string) {
   *   await limiter.plans.forget(userId)
   * }
   * ```
   */
  forget(key: RateLimitSubject): Promise<void>
}

/** What {@link createPlans} needs. */
export interface PlansOptions {
  readonly policies: readonly ActivePolicy[]
  readonly guarded: Pick<GuardedStore, 'take' | 'unavailable'>
  readonly store: RateLimitStore
}

/** Builds the part of a limiter that forgets plans. */
export function createPlans({ policies, guarded, store }: PlansOptions): RateLimitPlans {
  const planned = policies.filter(({ planReader }) => planReader !== undefined)

  const tell = async (policy: ActivePolicy, subject: string): Promise<void> => {
    const edit = store.edit?.bind(store)
    if (!edit) return
    const answer = await guarded.take(
      async () => {
        await edit({ rule: policy, subject: planSubject(subject), forget: true })
        return { admitted: true, answers: [] }
      },
      [policy],
      subject,
    )
    if (!answer) {
      throw guarded.unavailable(
        'The rate limit store is unavailable: other processes remember the plan for up to a minute.',
      )
    }
  }

  return {
    async forget(key) {
      const policyBySubject = new Map<string, ActivePolicy>()
      for (const policy of planned) {
        // Policies of other kinds of keys know nobody of that kind.
        if (typeof key === 'object' && policy.key !== 'user') continue
        const { subject } = readSubject(policy, key)
        policy.planReader?.forget(subject)
        policyBySubject.set(subject, policy)
      }
      await Promise.all([...policyBySubject].map(([subject, policy]) => tell(policy, subject)))
    },
  }
}
