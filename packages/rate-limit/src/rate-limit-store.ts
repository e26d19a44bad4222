import type { Lifecycle } from '@alfred/core'
import type { PolicyAnswer } from './gcra.ts'

/** One policy as a store sees it. */
export interface StoreRule {
  /** Tells the policy from the others of the same subject. */
  readonly name: string
  /** Units of cost in each window. */
  readonly limit: number
  readonly windowMs: number
  /** Units of cost that may come at once. */
  readonly burst: number
  /** What a request costs. */
  readonly cost: number
  /** Whether the rule may refuse; one that may not only counts what fits. */
  readonly enforced: boolean
}

/** What a store says to one subject. */
export interface StoreAnswer {
  /** Whether no enforced rule refused. When one did, nothing was counted. */
  readonly admitted: boolean
  /** One answer for each rule, in the order of the rules. */
  readonly answers: readonly PolicyAnswer[]
}

/**
 * Checks one subject against all rules and counts it in all of them or in none.
 *
 * @param subject - whom to count, such as `a:203.0.113.7`
 * @param costs - one for each rule instead of its own: 0 only looks, a negative cost gives back
 */
export type StoreTake = (subject: string, costs?: readonly number[]) => StoreAnswer | Promise<StoreAnswer>

/**
 * Where counts are kept. An answer is returned at once where that is possible, otherwise as a promise
 * that rejects when the store cannot answer.
 */
export interface RateLimitStore extends Lifecycle {
  /** Readies the store for rules that are checked together. */
  prepare(rules: readonly StoreRule[]): StoreTake
}
