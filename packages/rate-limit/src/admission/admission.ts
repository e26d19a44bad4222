import { type Clock, type EventBus, isThenable } from '@alfred/core'
import { randomInt } from 'node:crypto'
import type { Quota } from '../algorithms/algorithm.ts'
import { probeEveryMs } from '../stores/circuit-breaker.ts'
import type { GuardedStore } from '../stores/guarded-store.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { ForgottenDenials } from '../policies/forgotten-denials.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import { type ActivePolicy, localQuota, type PolicySet } from '../policies/policy-set.ts'
import type { StoreAnswer } from '../stores/rate-limit-store.ts'
import { stillCounted } from './still-counted.ts'

/** Somebody to count, in some policies. */
export interface Claim {
  readonly subject: string
  readonly set: PolicySet
  /** Instead of the policies' own, in the order of the set. */
  readonly costs?: readonly number[] | undefined
  /** What the subject's plan grants, in the order of the set. */
  readonly quotas?: readonly (Quota | undefined)[] | undefined
}

/** What a policy said; `undefined` when nobody could be asked. */
export interface PolicyResult {
  readonly policy: ActivePolicy
  readonly answer: PolicyAnswer | undefined
  /** What the subject's plan grants instead of the policy's own. */
  readonly quota?: Quota | undefined
}

/** What was decided about a request. */
export interface Decision {
  readonly allowed: boolean
  /** Why not: a quota is used up, or the store is away and a policy denies then. */
  readonly reason: 'quota' | 'store' | undefined
  /** 0 when allowed. */
  readonly retryAfterMs: number
  readonly violated: readonly ActivePolicy[]
  readonly results: readonly PolicyResult[]
  /** Returns leases, once; `undefined` when none is held. */
  readonly release: (() => void) | undefined
  /** Counts more for the first claim, fitting or not, or gives back; where it was counted. */
  readonly adjust: Adjust | undefined
  /** Gives back what still counts in policies with an outcome of their own; `undefined` where none has. */
  readonly giveBack: GiveBack | undefined
}

type GiveBack = (isUncounted: (policy: ActivePolicy) => boolean) => void

type Adjust = (costs: readonly number[], forced: boolean) => Promise<void>

/** What was decided about one claim. */
interface ClaimDecision {
  readonly claim: Claim
  readonly reason: Decision['reason']
  readonly results: readonly PolicyResult[]
  /** Changes what was counted; `undefined` when nothing was. */
  readonly adjust: Adjust | undefined
}

/** The costs that take back what still counts: a shadow policy that had no room counted nothing. */
const givenBack = ({ claim, results }: ClaimDecision, elapsedMs: number): number[] =>
  claim.set.policies.map((policy, position) => {
    const result = results.find(({ policy: { index } }) => index === policy.index)
    if (result?.answer?.allowed !== true) return 0
    const { answer, quota } = result
    const cost = claim.costs?.[position] ?? policy.cost
    return 0 - stillCounted({ policy, quota, cost, answer, elapsedMs })
  })

/** The costs that take, renew or return what the lending policies of a set have lent. */
const leaseCosts = ({ policies }: PolicySet, cost: 1 | -1): number[] =>
  policies.map(({ algorithm }) => (algorithm === 'concurrency' ? cost : 0))

const refuses = ({ policy, answer }: PolicyResult): boolean => policy.enforced && answer?.allowed === false

/** Decides on claims: all of them are counted, or none stays counted. */
export interface Admission {
  /** @param done - called once, before this returns when every store answers at once */
  admit(claims: readonly Claim[], done: (decision: Decision) => void): void
}

/** What {@link createAdmission} needs. */
export interface AdmissionOptions {
  readonly guarded: GuardedStore
  readonly keeper: LeaseKeeper
  readonly forgotten: Pick<ForgottenDenials, 'count'>
  readonly events: EventBus
  readonly clock: Clock
  readonly instances: number
}

/** Builds the part of a limiter that decides. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { guarded, keeper, forgotten, events, clock, instances } = options

  /** What is known without asking anybody: the denials that still hold. */
  const remembered = (claims: readonly Claim[]): Decision | undefined => {
    const results: PolicyResult[] = []
    for (const { subject, set, costs, quotas } of claims) {
      for (const [index, policy] of set.policies.entries()) {
        if (costs && (costs[index] ?? 0) < policy.cost) continue
        const answer = policy.denials.find(subject, quotas?.[index])
        if (answer) results.push({ policy, answer, quota: quotas?.[index] })
      }
    }
    return results.length === 0 ? undefined : denied('quota', results)
  }

  const denied = (reason: 'quota' | 'store', results: readonly PolicyResult[], by = results): Decision => ({
    allowed: false,
    reason,
    retryAfterMs: by.reduce((max, { answer }) => Math.max(max, answer?.retryAfterMs ?? probeEveryMs), 0),
    violated: by.map(({ policy }) => policy),
    results,
    release: undefined,
    adjust: undefined,
    giveBack: undefined,
  })

  const fromStore = (
    claim: Claim,
    lease: number | undefined,
    { admitted, answers }: StoreAnswer,
    /** How many denials had been forgotten when it was asked; `undefined` for a store that answers at once. */
    since: number | undefined,
  ): ClaimDecision => {
    const { set, subject, costs, quotas } = claim
    const results = set.policies.map((policy, index) => ({
      policy,
      answer: answers[index],
      quota: quotas?.[index],
    }))
    if (admitted) {
      const adjust: Adjust = async (changed, forced) => {
        await guarded.take(set.take, set.policies, subject, { costs: changed, quotas, forced, lease })
        // What comes back may let in whoever was denied.
        for (const [index, policy] of set.policies.entries()) {
          if ((changed[index] ?? 0) < 0 && policy.algorithm !== 'concurrency') policy.denials.forget(subject)
        }
      }
      return { claim, reason: undefined, results, adjust }
    }
    for (const [index, { policy, answer, quota }] of results.entries()) {
      // A store that answers at once is as quick as the memory, another cost has another time, and a lease
      // may come back at any moment.
      if (since === undefined || !policy.enforced || answer?.allowed !== false) continue
      if (policy.algorithm === 'concurrency') continue
      // Only a plan ends what has no end of its own, and is compared.
      if (answer.retryAfterMs === Infinity && !quota) continue
      if (costs === undefined || costs[index] === policy.cost) {
        policy.denials.remember(subject, answer, quota, since)
      }
    }
    return { claim, reason: 'quota', results, adjust: undefined }
  }

  /** What the policies want while the store is away. */
  const withoutStore = (claim: Claim, lease: number | undefined): ClaimDecision => {
    const { set, subject, costs, quotas } = claim
    if (set.denying.length > 0) {
      const results = set.denying.map((policy) => ({ policy, answer: undefined }))
      return { claim, reason: 'store', results, adjust: undefined }
    }
    const { local } = set
    if (!local) return { claim, reason: undefined, results: [], adjust: undefined }
    const { indexes, policies } = local
    const localQuotas = indexes.map((index, localIndex) => {
      const quota = quotas?.[index]
      return quota && localQuota(quota, policies[localIndex]?.cost ?? 1, instances)
    })
    const how = { quotas: quotas && localQuotas, lease }
    const { admitted, answers } = local.take(subject, {
      ...how,
      costs: costs && indexes.map((index) => costs[index] ?? 0),
    })
    const results = policies.map((policy, localIndex) => ({
      policy,
      answer: answers[localIndex],
      quota: localQuotas[localIndex],
    }))
    const adjust: Adjust = (changed, forced) => {
      local.take(subject, { ...how, costs: indexes.map((index) => changed[index] ?? 0), forced })
      return Promise.resolve()
    }
    return { claim, reason: admitted ? undefined : 'quota', results, adjust: admitted ? adjust : undefined }
  }

  /** Keeps the leases of all claims until the returned function is called. */
  const lent = (all: readonly ClaimDecision[]): (() => void) | undefined => {
    const counted = all.flatMap(({ claim, adjust }) =>
      claim.set.lends && adjust ? [{ set: claim.set, adjust }] : [],
    )
    if (counted.length === 0) return undefined
    const endings = counted.flatMap(({ set, adjust }) =>
      set.policies.flatMap(({ algorithm, windowMs }) =>
        algorithm === 'concurrency'
          ? // What is still under way counts, also when its lease had run out.
            [keeper.hold(windowMs, () => void adjust(leaseCosts(set, 1), true))]
          : [],
      ),
    )
    let open = true
    return () => {
      if (!open) return
      open = false
      for (const end of endings) end()
      for (const { set, adjust } of counted) void adjust(leaseCosts(set, -1), false)
    }
  }

  const givingBack = (all: readonly ClaimDecision[], startedAtMs: number): GiveBack | undefined => {
    if (!all.some(({ results }) => results.some(({ policy }) => policy.outcomeReader))) return undefined
    return (isUncounted) => {
      const elapsedMs = clock.monotonicMs() - startedAtMs
      for (const settled of all) {
        const { policies } = settled.claim.set
        const costs = givenBack(settled, elapsedMs).map((cost, position) => {
          const policy = policies[position]
          return policy && isUncounted(policy) ? cost : 0
        })
        if (costs.some((cost) => cost < 0)) void settled.adjust?.(costs, false)
      }
    }
  }

  const conclude = (all: readonly ClaimDecision[], startedAtMs: number): Decision => {
    // One subject is the usual case.
    const results = (all.length === 1 && all[0]?.results) || all.flatMap((settled) => settled.results)
    const reason = all.some((settled) => settled.reason === 'quota')
      ? 'quota'
      : all.find((settled) => settled.reason === 'store')?.reason
    if (reason === undefined) {
      const adjust = all[0]?.adjust
      const [release, giveBack] = [lent(all), givingBack(all, startedAtMs)]
      return { allowed: true, reason, retryAfterMs: 0, violated: [], results, release, adjust, giveBack }
    }
    const elapsedMs = clock.monotonicMs() - startedAtMs
    for (const settled of all) void settled.adjust?.(givenBack(settled, elapsedMs), false)
    const by = all.flatMap((settled) =>
      settled.reason === reason
        ? settled.results.filter((result) => reason === 'store' || refuses(result))
        : [],
    )
    return denied(reason, results, by)
  }

  const announce = ({ reason, violated, results }: Decision): void => {
    for (const { policy, answer } of results) {
      if (answer?.allowed !== false) continue
      const event = { policy: policy.name, retryAfterMs: answer.retryAfterMs }
      if (!policy.enforced) events.emit('rate-limit.shadow-denied', event)
      else if (reason === 'quota' && violated.includes(policy)) events.emit('rate-limit.denied', event)
    }
  }

  return {
    admit(claims, done) {
      const finish = (decision: Decision): void => {
        announce(decision)
        done(decision)
      }
      const denial = remembered(claims)
      if (denial) {
        finish(denial)
        return
      }
      const startedAtMs = clock.monotonicMs()
      const decisions: ClaimDecision[] = []
      let open = claims.length
      for (const [index, claim] of claims.entries()) {
        const { subject, set, costs, quotas } = claim
        const lease = set.lends ? randomInt(1, 2 ** 32) : undefined
        const since = forgotten.count
        const settle = (answer: StoreAnswer | undefined, sinceCount: number | undefined): void => {
          decisions[index] = answer ? fromStore(claim, lease, answer, sinceCount) : withoutStore(claim, lease)
          open -= 1
          if (open === 0) finish(conclude(decisions, startedAtMs))
        }
        // A lease that was lent after the deadline is nobody's: without this it is out until it ends by itself.
        const late = (): void =>
          void guarded.take(set.take, set.policies, subject, { costs: leaseCosts(set, -1), quotas, lease })
        const how = { costs, quotas, lease }
        const answer = guarded.take(set.take, set.policies, subject, how, set.lends ? late : undefined)
        if (isThenable(answer)) {
          void answer.then((storeAnswer) => {
            settle(storeAnswer, since)
          })
        } else settle(answer, undefined)
      }
    },
  }
}
