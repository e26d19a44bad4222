import { answerOf, compileGcra, type Gcra, type PolicyAnswer } from './gcra.ts'
import type { StoreAnswer, StoreRule } from './rate-limit-store.ts'

/** A rule with its quota in whole units. */
export interface CompiledRule extends Gcra {
  readonly name: string
  readonly enforced: boolean
  /** Units that a request takes unless told otherwise. */
  readonly take: number
}

/** @throws RangeError for a quota that {@link compileGcra} cannot hold; policies are checked for it earlier */
export function compileRule({ name, limit, windowMs, burst, cost, enforced }: StoreRule): CompiledRule {
  const gcra = compileGcra(limit, windowMs, burst)
  if (!gcra) throw new RangeError(`The burst of ${name} takes too long to drain.`)
  return { ...gcra, name, enforced, take: cost * gcra.unit }
}

/** Whether a rule has room for `take` more units. */
export const fits = (rule: CompiledRule, owed: number, take: number): boolean => owed + take <= rule.capacity

function answer(rule: CompiledRule, before: number, take: number, counted: boolean): PolicyAnswer {
  const owed = counted ? Math.max(0, before + take) : before
  // Who only looks, or gives back, wants to know how the next request would fare.
  const wanted = take > 0 ? before + take : owed + rule.take
  return answerOf(rule, owed, Math.max(0, wanted - rule.capacity))
}

/**
 * Decides for all rules of one subject together.
 *
 * @param owed - units owed to each rule before the request
 * @param takes - units that the request takes from each
 */
export function decide(
  rules: readonly CompiledRule[],
  owed: readonly number[],
  takes: readonly number[],
): StoreAnswer {
  const fitting = rules.map((rule, index) => fits(rule, owed[index] ?? 0, takes[index] ?? 0))
  const admitted = rules.every((rule, index) => !rule.enforced || fitting[index] === true)
  return {
    admitted,
    answers: rules.map((rule, index) =>
      answer(rule, owed[index] ?? 0, takes[index] ?? 0, admitted && fitting[index] === true),
    ),
  }
}
