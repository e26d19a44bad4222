import type { EventBus } from '@alfred/core'
import { probeEveryMs } from './circuit-breaker.ts'
import type { PolicyAnswer } from './policy-answer.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { ActivePolicy, PolicySet } from './policy-set.ts'
import type { StoreAnswer } from './rate-limit-store.ts'

/** Somebody to count, in some policies. */
export interface Claim {
  readonly subject: string
  readonly set: PolicySet
  /** Instead of the policies' own, in the order of the set. */
  readonly costs?: readonly number[] | undefined
}

/** What a policy said; `undefined` when nobody could be asked. */
export interface PolicyResult {
  readonly policy: ActivePolicy
  readonly answer: PolicyAnswer | undefined
}

/** What became of a request. */
export interface Outcome {
  readonly allowed: boolean
  /** Why not: a quota is used up, or the store is away and a policy denies then. */
  readonly reason: 'quota' | 'store' | undefined
  /** 0 when allowed. */
  readonly retryAfterMs: number
  readonly violated: readonly ActivePolicy[]
  readonly results: readonly PolicyResult[]
}

/** What became of one claim. */
interface Settled {
  readonly reason: Outcome['reason']
  readonly results: readonly PolicyResult[]
  /** Takes back what was counted. */
  readonly undo: (() => void) | undefined
}

/** The costs that take back what was counted: a shadow policy that had no room counted nothing. */
const givenBack = (results: readonly PolicyResult[], costs: readonly number[] | undefined): number[] =>
  results.map(({ policy, answer }, place) =>
    answer?.allowed === true ? -(costs?.[place] ?? policy.cost) : 0,
  )

const refuses = ({ policy, answer }: PolicyResult): boolean => policy.enforced && answer?.allowed === false

/** Decides on claims: all of them are counted, or none stays counted. */
export interface Admission {
  /** @param done - called once, before this returns when every store answers at once */
  admit(claims: readonly Claim[], done: (outcome: Outcome) => void): void
}

/** Builds the part of a limiter that decides. */
export function createAdmission(store: GuardedStore, events: EventBus): Admission {
  /** What is known without asking anybody: the denials that still hold. */
  const remembered = (claims: readonly Claim[]): Outcome | undefined => {
    const results: PolicyResult[] = []
    for (const { subject, set, costs } of claims) {
      for (const [place, policy] of set.policies.entries()) {
        if (costs && (costs[place] ?? 0) < policy.cost) continue
        const answer = policy.denials.find(subject)
        if (answer) results.push({ policy, answer })
      }
    }
    return results.length === 0 ? undefined : denied('quota', results)
  }

  const denied = (reason: 'quota' | 'store', results: readonly PolicyResult[], by = results): Outcome => ({
    allowed: false,
    reason,
    retryAfterMs: by.reduce((most, { answer }) => Math.max(most, answer?.retryAfterMs ?? probeEveryMs), 0),
    violated: by.map(({ policy }) => policy),
    results,
  })

  const fromStore = (claim: Claim, { admitted, answers }: StoreAnswer, remote: boolean): Settled => {
    const { set, subject, costs } = claim
    const results = set.policies.map((policy, place) => ({ policy, answer: answers[place] }))
    if (admitted) {
      const undo = (): void =>
        void store.take(set.take, set.policies, subject, { costs: givenBack(results, costs) })
      return { reason: undefined, results, undo }
    }
    for (const [place, { policy, answer }] of results.entries()) {
      // A store that answers at once is as quick as the memory, and another cost has another time.
      if (!remote || !policy.enforced || answer?.allowed !== false) continue
      if (costs === undefined || costs[place] === policy.cost) policy.denials.remember(subject, answer)
    }
    return { reason: 'quota', results, undo: undefined }
  }

  /** What the policies want while the store is away. */
  const withoutStore = ({ set, subject, costs }: Claim): Settled => {
    if (set.denying.length > 0) {
      const results = set.denying.map((policy) => ({ policy, answer: undefined }))
      return { reason: 'store', results, undo: undefined }
    }
    const { local } = set
    if (!local) return { reason: undefined, results: [], undo: undefined }
    const localCosts = costs && local.places.map((place) => costs[place] ?? 0)
    const { admitted, answers } = local.take(subject, { costs: localCosts })
    const results = local.policies.map((policy, place) => ({ policy, answer: answers[place] }))
    const undo = (): void => void local.take(subject, { costs: givenBack(results, localCosts) })
    return { reason: admitted ? undefined : 'quota', results, undo: admitted ? undo : undefined }
  }

  const conclude = (all: readonly Settled[]): Outcome => {
    // One subject is the usual case.
    const results = (all.length === 1 && all[0]?.results) || all.flatMap((settled) => settled.results)
    const reason = all.some((settled) => settled.reason === 'quota')
      ? 'quota'
      : all.find((settled) => settled.reason === 'store')?.reason
    if (reason === undefined) {
      return { allowed: true, reason, retryAfterMs: 0, violated: [], results }
    }
    for (const { undo } of all) undo?.()
    const by = all.flatMap((settled) =>
      settled.reason === reason
        ? settled.results.filter((result) => reason === 'store' || refuses(result))
        : [],
    )
    return denied(reason, results, by)
  }

  const announce = ({ reason, violated, results }: Outcome): void => {
    for (const { policy, answer } of results) {
      if (answer?.allowed !== false) continue
      const event = { policy: policy.name, retryAfterMs: answer.retryAfterMs }
      if (!policy.enforced) events.emit('rate-limit.shadow-denied', event)
      else if (reason === 'quota' && violated.includes(policy)) events.emit('rate-limit.denied', event)
    }
  }

  return {
    admit(claims, done) {
      const finish = (outcome: Outcome): void => {
        announce(outcome)
        done(outcome)
      }
      const known = remembered(claims)
      if (known) {
        finish(known)
        return
      }
      const settled: Settled[] = []
      const settle = (claim: Claim, answer: StoreAnswer | undefined, remote: boolean): void => {
        settled.push(answer ? fromStore(claim, answer, remote) : withoutStore(claim))
        if (settled.length === claims.length) finish(conclude(settled))
      }
      for (const claim of claims) {
        const { set, subject, costs } = claim
        const answer = store.take(set.take, set.policies, subject, { costs })
        if (answer instanceof Promise) {
          void answer.then((came) => {
            settle(claim, came, true)
          })
        } else settle(claim, answer, false)
      }
    },
  }
}
