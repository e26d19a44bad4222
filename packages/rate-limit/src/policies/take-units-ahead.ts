import { type Clock, isThenable } from '@alfred/core'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import type { StoreAnswer, StoreRule, StoreTake } from '../stores/rate-limit-store.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { UnitsAhead, UnitsAheadBySubject } from './units-ahead.ts'

/** A policy whose units may be taken ahead. */
export interface PolicyAhead extends ResolvedPolicy {
  readonly unitsAhead: UnitsAheadBySubject
}

/** What one call does with one policy. */
interface Part {
  /** `undefined` for a policy that takes no units ahead. */
  readonly ahead: UnitsAhead | undefined
  /** Units that the request costs. */
  readonly cost: number
  /** Whether the units ahead pay for it. */
  readonly covered: boolean
  /** Units to have ahead after the call, this request's included; 0 when none are taken ahead. */
  readonly taken: number
  /** Units kept from other calls until the store has answered. */
  readonly reserved: number
  /** What the store counts. */
  readonly storeCost: number
  /** How long the units that are taken may be used. */
  readonly maxMs: number
}

/** A denial of units to take ahead, which is not a denial of the request. */
const tooMany = Symbol('too many units')

/**
 * Makes `take` pay from units that were taken ahead where it can. One call at a time takes more for a subject; the
 * others wait for it.
 */
export function takeUnitsAhead(take: StoreTake, policies: readonly PolicyAhead[], clock: Clock): StoreTake {
  if (policies.every(({ takeAhead }) => takeAhead === undefined)) return take
  const underWay = new Map<string, Promise<unknown>>()

  const takeOrPay: StoreTake = (subject, options = {}) => {
    const costs = policies.map(({ cost }, index) => options.costs?.[index] ?? cost)
    if (options.forced === true || costs.some((cost) => cost <= 0)) return take(subject, options)
    const pending = underWay.get(subject)
    if (pending) return pending.then(() => takeOrPay(subject, options))

    const nowMs = clock.monotonicMs()
    const parts = policies.map((policy, index) => planPart(policy, subject, costs[index] ?? 0, nowMs))
    reserve(parts)
    if (parts.every(({ covered }) => covered)) {
      return { admitted: true, answers: parts.flatMap(({ ahead }) => (ahead ? [answerAhead(ahead)] : [])) }
    }
    const takesMore = parts.some(({ taken }) => taken > 0)
    const conclude = (answer: StoreAnswer): StoreAnswer | typeof tooMany => {
      noteAnswer(parts, answer, nowMs)
      if (answer.admitted) return { ...answer, answers: answersOf(parts, answer) }
      return takesMore ? tooMany : answer
    }
    const again = (answer: StoreAnswer | typeof tooMany): StoreAnswer | Promise<StoreAnswer> =>
      answer === tooMany ? takeOrPay(subject, options) : answer

    const answer = take(subject, { ...options, costs: parts.map(({ storeCost }) => storeCost) })
    if (!isThenable(answer)) return again(conclude(answer))
    const concluded = Promise.resolve(answer).then(conclude, (error: unknown) => {
      release(parts)
      throw error
    })
    if (takesMore) {
      const done = concluded
        .catch(() => undefined)
        .finally(() => {
          underWay.delete(subject)
        })
      underWay.set(subject, done)
    }
    return concluded.then(again)
  }
  return takeOrPay
}

/**
 * The rule that the store counts for a policy whose units are taken ahead. What was counted is used up to
 * `maxMs` later, in which `limit × maxMs / windowMs` come back: the burst is smaller by them, so that the
 * policy's own bound holds for the times of use.
 */
export function ruleWithUnitsAhead(policy: ResolvedPolicy): StoreRule {
  const { takeAhead, limit, windowMs, burst } = policy
  return takeAhead ? { ...policy, burst: burst - Math.ceil((limit * takeAhead.maxMs) / windowMs) } : policy
}

function planPart(policy: PolicyAhead, subject: string, cost: number, nowMs: number): Part {
  const { takeAhead, unitsAhead } = policy
  const ahead = takeAhead && unitsAhead.of(subject)
  const plain = { ahead, cost, covered: false, taken: 0, reserved: 0, storeCost: cost }
  if (!ahead) return { ...plain, maxMs: 0 }
  const { units, maxMs } = takeAhead
  if (ahead.endsAtMs > nowMs && ahead.left >= cost) {
    return { ...plain, covered: true, reserved: cost, storeCost: 0, maxMs }
  }
  if (ahead.pausedUntilMs > nowMs || units <= cost) return { ...plain, maxMs }
  // What is left of earlier units was counted and is not used: as much less is taken now.
  const reserved = Math.min(ahead.left, units - 1)
  return { ...plain, taken: units, reserved, storeCost: units - reserved, maxMs }
}

function reserve(parts: readonly Part[]): void {
  for (const { ahead, reserved } of parts) if (ahead) ahead.left -= reserved
}

function release(parts: readonly Part[]): void {
  for (const { ahead, reserved } of parts) if (ahead) ahead.left += reserved
}

function noteAnswer(parts: readonly Part[], { admitted, answers }: StoreAnswer, nowMs: number): void {
  if (!admitted) release(parts)
  for (const [index, { ahead, covered, cost, taken, maxMs }] of parts.entries()) {
    if (!ahead || covered) continue
    ahead.answer = answers[index]
    if (taken === 0) continue
    if (!admitted) {
      ahead.pausedUntilMs = nowMs + maxMs
      continue
    }
    // What another call has added meanwhile may be older.
    ahead.endsAtMs = ahead.left > 0 ? Math.min(ahead.endsAtMs, nowMs + maxMs) : nowMs + maxMs
    ahead.left += taken - cost
  }
}

/** The store's answers, and those of the policies that pay from units ahead. */
const answersOf = (parts: readonly Part[], { answers }: StoreAnswer): readonly PolicyAnswer[] =>
  answers.map((answer, index) => {
    const part = parts[index]
    return part?.ahead && (part.covered || part.taken > 0) ? answerAhead(part.ahead) : answer
  })

/** The answer of a policy that pays from units ahead. */
const answerAhead = ({ left, answer }: UnitsAhead): PolicyAnswer => ({
  allowed: true,
  remaining: (answer?.remaining ?? 0) + left,
  retryAfterMs: 0,
  nextMs: answer?.nextMs ?? 0,
  resetMs: answer?.resetMs ?? 0,
})
