import type { Decision, PolicyResult } from '../../admission/admission.ts'
import type { PolicyAnswer } from '../../stores/policy-answer.ts'

/** A result whose policy could be asked. */
export type AnsweredResult = PolicyResult & { readonly answer: PolicyAnswer }

const isAnswered = (result: PolicyResult): result is AnsweredResult => result.answer !== undefined

/** Milliseconds until a quota is as it was: a window of one that grants nothing, for its denial has no end. */
export const resetMsOf = ({ policy, answer }: AnsweredResult): number =>
  answer.retryAfterMs === Infinity ? policy.windowMs : answer.resetMs

/** The policy that fields with room for one show: of those that decided, the one with the least left. */
export function tightestResult({ allowed, results }: Decision): AnsweredResult | undefined {
  let tightest: AnsweredResult | undefined
  for (const result of results) {
    if (!isAnswered(result) || !result.policy.enforced || result.answer.allowed !== allowed) continue
    if (result.quota?.limit === Infinity) continue
    if (!tightest || result.answer.remaining < tightest.answer.remaining) tightest = result
  }
  return tightest
}
