import type { PolicyAnswer } from './policy-answer.ts'
import type { StoreAnswer } from './rate-limit-store.ts'

/**
 * Whether a store of the application answered what its contract says. A `NaN` in an answer would reach clients as
 * `Retry-After: NaN`, and stay in what is remembered.
 */
export function isStoreAnswer(value: unknown): value is StoreAnswer {
  if (typeof value !== 'object' || value === null) return false
  if (!('admitted' in value) || typeof value.admitted !== 'boolean') return false
  return 'answers' in value && Array.isArray(value.answers) && value.answers.every(isPolicyAnswer)
}

function isPolicyAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { allowed, remaining, retryAfterMs, nextMs, resetMs }: Partial<Record<keyof PolicyAnswer, unknown>> =
    value
  return (
    typeof allowed === 'boolean' &&
    isAmount(remaining) &&
    isAmount(retryAfterMs) &&
    isAmount(nextMs) &&
    Number.isFinite(resetMs)
  )
}

/** Also `Infinity`: of a plan without a limit, or of a cost that never fits. */
const isAmount = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value)
