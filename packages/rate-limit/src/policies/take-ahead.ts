import { type Clock, isThenable } from '@alfred/core'
import { createBoundedMap } from '../stores/bounded-map.ts'
import type { PolicyAnswer } from '../stores/policy-answer.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { StoreAnswer, StoreRule, StoreTake } from '../stores/rate-limit-store.ts'

const maxPurses = 10_000

interface Purse {
  /** Units that the store has counted and nobody has used. */
  left: number
  /** When they are void. */
  endsAtMs: number
  /** Until when units are not taken ahead, for there are too few. */
  plainUntilMs: number
  answer: PolicyAnswer | undefined
}

/** The units that one policy has taken ahead, by subject. */
export interface UnitPurses {
  of(subject: string): Purse
  forget(subject: string): void
}

/** Builds the purses of one policy. Whoever has not been seen for long loses what is left. */
export function createUnitPurses(): UnitPurses {
  const purses = createBoundedMap<Purse>(maxPurses)
  return {
    of(subject) {
      let purse = purses.get(subject)
      if (!purse) {
        purse = { left: 0, endsAtMs: 0, plainUntilMs: 0, answer: undefined }
        purses.set(subject, purse)
      }
      return purse
    },
    forget: (subject) => void purses.delete(subject),
  }
}

/**
 * The rule that the store counts for a policy whose units are taken ahead. What was counted is used up to
 * `maxMs` later, in which `limit × maxMs / windowMs` come back: the burst is smaller by them, so that the
 * policy's own bound holds for the times of use.
 */
export function leasedRule(policy: ResolvedPolicy): StoreRule {
  const { lease, limit, windowMs, burst } = policy
  return lease ? { ...policy, burst: burst - Math.ceil((limit * lease.maxMs) / windowMs) } : policy
}

/** A policy whose units may be taken ahead. */
export interface LeasedPolicy extends ResolvedPolicy {
  readonly purses: UnitPurses
}

/** A refusal to take units ahead, which is not a refusal of the request. */
const refused = Symbol('refused')

/**
 * Makes `take` pay from what was taken ahead where it can. One call at a time fills a subject's purse; the
 * others wait for it.
 */
export function takeAhead(take: StoreTake, policies: readonly LeasedPolicy[], clock: Clock): StoreTake {
  if (policies.every(({ lease }) => lease === undefined)) return take
  const filling = new Map<string, Promise<unknown>>()

  /** An answer for what was paid from a purse. */
  const paid = (purse: Purse): PolicyAnswer => ({
    allowed: true,
    remaining: (purse.answer?.remaining ?? 0) + purse.left,
    retryAfterMs: 0,
    nextMs: purse.answer?.nextMs ?? 0,
    resetMs: purse.answer?.resetMs ?? 0,
  })

  const leasing: StoreTake = (subject, options = {}) => {
    const wants = policies.map(({ cost }, place) => options.costs?.[place] ?? cost)
    if (options.forced === true || wants.some((want) => want <= 0)) return take(subject, options)
    const under = filling.get(subject)
    if (under) return under.then(() => leasing(subject, options))
    const nowMs = clock.monotonicMs()
    const purses = policies.map(({ lease, purses: all }) => (lease ? all.of(subject) : undefined))
    const covered = purses.map((purse, place) => {
      return purse !== undefined && purse.endsAtMs > nowMs && purse.left >= (wants[place] ?? 0)
    })
    if (covered.every(Boolean)) {
      for (const [place, purse] of purses.entries()) if (purse) purse.left -= wants[place] ?? 0
      return { admitted: true, answers: purses.flatMap((purse) => (purse ? [paid(purse)] : [])) }
    }
    const fills = policies.map(({ lease }, place) => {
      const purse = purses[place]
      const want = wants[place] ?? 0
      return lease && purse && !covered[place] && purse.plainUntilMs <= nowMs && lease.units > want
        ? lease.units
        : 0
    })
    // What is left of an older lease was counted and is not used: as much less is taken now.
    const rests = fills.map((fill, place) => (fill > 0 ? Math.min(purses[place]?.left ?? 0, fill - 1) : 0))
    const costs = wants.map((want, place) => {
      const fill = fills[place] ?? 0
      return covered[place] ? 0 : fill > 0 ? fill - (rests[place] ?? 0) : want
    })
    // Out of the purse until the store has answered, so that nobody else uses them meanwhile.
    const held = wants.map((want, place) => (covered[place] ? want : (rests[place] ?? 0)))
    const putBack = (): void => {
      for (const [place, purse] of purses.entries()) if (purse) purse.left += held[place] ?? 0
    }
    for (const [place, purse] of purses.entries()) if (purse) purse.left -= held[place] ?? 0

    const fill = (purse: Purse, place: number): void => {
      const endsAtMs = nowMs + (policies[place]?.lease?.maxMs ?? 0)
      // What another call has put in meanwhile may be older.
      purse.endsAtMs = purse.left > 0 ? Math.min(purse.endsAtMs, endsAtMs) : endsAtMs
      purse.left += (fills[place] ?? 0) - (wants[place] ?? 0)
    }

    const conclude = ({ admitted, answers }: StoreAnswer): StoreAnswer | typeof refused => {
      if (!admitted) putBack()
      for (const [place, purse] of purses.entries()) {
        if (!purse || covered[place]) continue
        purse.answer = answers[place]
        if ((fills[place] ?? 0) === 0) continue
        if (admitted) fill(purse, place)
        else purse.plainUntilMs = nowMs + (policies[place]?.lease?.maxMs ?? 0)
      }
      if (!admitted) return fills.some((units) => units > 0) ? refused : { admitted, answers }
      return {
        admitted,
        answers: answers.map((answer, place) => {
          const purse = purses[place]
          return purse && (covered[place] === true || (fills[place] ?? 0) > 0) ? paid(purse) : answer
        }),
      }
    }
    const again = (answer: StoreAnswer | typeof refused): StoreAnswer | Promise<StoreAnswer> =>
      answer === refused ? leasing(subject, options) : answer

    const asked = take(subject, { ...options, costs })
    if (!isThenable(asked)) return again(conclude(asked))
    const concluded = Promise.resolve(asked).then(conclude, (error: unknown) => {
      putBack()
      throw error
    })
    if (fills.some((units) => units > 0)) {
      const done = concluded
        .catch(() => undefined)
        .finally(() => {
          filling.delete(subject)
        })
      filling.set(subject, done)
    }
    return concluded.then(again)
  }
  return leasing
}
