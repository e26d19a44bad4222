import type { Algorithm, AlgorithmName, CellAlgorithm, Quota, Reading } from '../algorithms/algorithm.ts'
import { algorithms } from '../algorithms/algorithms.ts'
import { compileQuota } from '../algorithms/compile-quota.ts'
import type { PolicyAnswer } from './policy-answer.ts'
import type { StoreAnswer, StoreRule } from './rate-limit-store.ts'

/** A rule with its algorithm made ready. */
export interface CompiledRule {
  readonly name: string
  readonly enforced: boolean
  readonly algorithmName: AlgorithmName
  readonly algorithm: Algorithm | CellAlgorithm
  /** How many numbers its reading has. */
  readonly readings: number
  /** What a request takes unless told otherwise, in the algorithm's own numbers. */
  readonly take: number
  readonly planned: boolean
  /** The same rule for a subject with a quota of its own. */
  readonly withQuota: (quota: Quota) => CompiledRule
}

/** Plans are few; a caller that makes up a quota for everybody must not fill the memory. */
const maxQuotas = 1000

/** @throws RangeError for a quota that the algorithm cannot hold; policies are checked for it earlier */
export function compileRule(rule: StoreRule): CompiledRule {
  const { name, enforced, cost, planned = false, algorithm: algorithmName = 'gcra' } = rule
  const compiled = new Map<string, CompiledRule>()
  const readings = algorithms[algorithmName].script.reading.length

  const compile = (quota: Quota): CompiledRule => {
    const algorithm = compileQuota(algorithmName, quota, rule)
    if (!algorithm)
      throw new RangeError(
        `The quota of ${name} refills too slowly: a full burst would take more than 100 years.`,
      )
    const take = cost * algorithm.unit
    return { name, enforced, algorithmName, algorithm, readings, take, planned, withQuota }
  }
  const withQuota = (quota: Quota): CompiledRule => {
    const id = `${String(quota.limit)} ${String(quota.burst)}`
    let own = compiled.get(id)
    if (!own) {
      if (compiled.size >= maxQuotas) compiled.clear()
      compiled.set(id, (own = compile(quota)))
    }
    return own
  }
  return compile(rule)
}

/** The rules as they apply to a subject with quotas of its own. */
export const withQuotas = (
  rules: readonly CompiledRule[],
  quotas: readonly (Quota | undefined)[] | undefined,
): readonly CompiledRule[] =>
  quotas
    ? rules.map((rule, index) => {
        const quota = quotas[index]
        return rule.planned && quota ? rule.withQuota(quota) : rule
      })
    : rules

/** What a call takes from each rule; of a fraction that is given back no more than the rule's own numbers can say. */
export const takesOf = (
  rules: readonly CompiledRule[],
  costs: readonly number[] | undefined,
): readonly number[] =>
  rules.map(({ algorithm, take }, index) => (costs ? Math.ceil((costs[index] ?? 0) * algorithm.unit) : take))

/** What a subject's state says to one rule. */
export interface RuleState {
  readonly reading: Reading
  /** Microseconds for which an administrator has blocked the subject; 0 for none. */
  readonly blockedUs: number
}

/** What a call counts for one rule, and what that rule says. */
export interface RuleVerdict {
  /** The reading after the call. */
  readonly after: Reading
  readonly answer: PolicyAnswer
}

function verdict(rule: CompiledRule, state: RuleState, take: number, counted: boolean): RuleVerdict {
  const { algorithm } = rule
  const { reading, blockedUs } = state
  const after = counted ? algorithm.count(reading, take) : reading
  // Who only looks, or gives back, wants to know how the next request would fare.
  const waitMs = take > 0 ? algorithm.waitMs(reading, take) : algorithm.waitMs(after, rule.take)
  const remaining = algorithm.remaining(after)
  const resetMs = algorithm.resetMs(after)
  const answer = {
    allowed: waitMs === 0,
    remaining,
    retryAfterMs: waitMs,
    nextMs:
      resetMs === 0 || remaining === Infinity ? 0 : algorithm.waitMs(after, (remaining + 1) * algorithm.unit),
    resetMs,
  }
  if (blockedUs === 0) return { after, answer }
  const blockedMs = blockedUs / 1000
  const retryAfterMs = Math.max(waitMs, blockedMs)
  return {
    after,
    answer: {
      allowed: false,
      remaining: 0,
      retryAfterMs,
      nextMs: retryAfterMs,
      resetMs: Math.max(resetMs, blockedMs),
      blockedMs,
    },
  }
}

/** What became of a call. */
export interface CountedAnswer extends StoreAnswer {
  /** What is to be kept, in the order of the rules; of no meaning when nothing was admitted. */
  readonly after: readonly Reading[]
}

const nothing: RuleState = { reading: [], blockedUs: 0 }

/**
 * Decides for all rules of one subject together.
 *
 * @param states - what each rule was told of the subject
 * @param takes - what the call takes from each
 * @param forced - counts what does not fit as well, as far as a quota can hold it
 */
export function decide(
  rules: readonly CompiledRule[],
  states: readonly RuleState[],
  takes: readonly number[],
  forced: boolean,
): CountedAnswer {
  // Loops, for this is most of what a call costs the process.
  const fitting: boolean[] = []
  let admitted = true
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index]
    if (!rule) continue
    const { reading, blockedUs } = states[index] ?? nothing
    const take = takes[index] ?? 0
    const fits = take <= 0 || (blockedUs === 0 && rule.algorithm.waitMs(reading, take) === 0)
    fitting.push(fits)
    if (rule.enforced && !fits) admitted = forced
  }
  const answers: PolicyAnswer[] = []
  const after: Reading[] = []
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index]
    if (!rule) continue
    const counted = forced || (admitted && fitting[index] === true)
    const said = verdict(rule, states[index] ?? nothing, takes[index] ?? 0, counted)
    answers.push(said.answer)
    after.push(said.after)
  }
  return { admitted, answers, after }
}
