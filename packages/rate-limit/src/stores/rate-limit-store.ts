import type { Lifecycle } from '@alfred/core'
import type { AlgorithmName, Quota } from '../algorithms/algorithm.ts'
import type { PolicyAnswer } from './policy-answer.ts'

/** One policy as a store sees it. */
export interface StoreRule extends Quota {
  /** Tells the policy from the others of the same subject. */
  readonly name: string
  /** @default 'gcra' */
  readonly algorithm?: AlgorithmName | undefined
  /** What a request costs. */
  readonly cost: number
  /** Whether the rule may refuse; one that may not only counts what fits. */
  readonly enforced: boolean
  /**
   * Whether calls bring quotas of their own.
   *
   * @default false
   */
  readonly planned?: boolean | undefined
}

/** What a store says to one subject. */
export interface StoreAnswer {
  /** Whether no enforced rule refused. When one did, nothing was counted. */
  readonly admitted: boolean
  /** One answer for each rule, in the order of the rules. */
  readonly answers: readonly PolicyAnswer[]
}

/** How one call differs from the usual. */
export interface TakeOptions {
  /**
   * One for each rule instead of its own: 0 only looks, a negative cost gives back. What is given back of `gcra` may be
   * a fraction.
   */
  readonly costs?: readonly number[] | undefined
  /**
   * Counts what does not fit as well, as far as the quota can hold it: for what has happened already.
   *
   * @default false
   */
  readonly forced?: boolean | undefined
  /** For each planned rule the subject's own quota, if it has one. */
  readonly quotas?: readonly (Quota | undefined)[] | undefined
  /** A number below 2^32 that tells a lease from the others of its subject; for rules of concurrency. */
  readonly lease?: number | undefined
}

/**
 * Checks one subject against all rules and counts it in all of them or in none.
 *
 * @param subject - whom to count, such as `a:203.0.113.7`
 */
export type StoreTake = (subject: string, options?: TakeOptions) => StoreAnswer | Promise<StoreAnswer>

/** What an administrator changes for one subject in one policy. */
export interface StoreEdit {
  readonly rule: Pick<StoreRule, 'name' | 'algorithm'>
  readonly subject: string
  /** Whether to forget what was counted. */
  readonly forget: boolean
  /** For how long every request is refused from now on, in milliseconds; 0 ends a block; `undefined` leaves it. */
  readonly blockMs?: number | undefined
}

/** News of what other processes have edited. */
export interface StoreWatch {
  /** Whether news come at the moment. */
  readonly hears: boolean
  close(): void
}

/**
 * Where counts are kept. An answer is returned at once where that is possible, otherwise as a promise
 * that rejects when the store cannot answer.
 */
export interface RateLimitStore extends Lifecycle {
  /** Readies the store for rules that are checked together. */
  prepare(rules: readonly StoreRule[]): StoreTake
  /**
   * Says why the store cannot count a rule, such as `needs a windowMs of whole seconds.`; asked for every
   * policy when a limiter is built.
   */
  supports?(rule: StoreRule): string | undefined
  /** Makes an administrator's change and tells all that watch. Without it nobody can be blocked. */
  edit?(edit: StoreEdit): Promise<void> | void
  /**
   * Hears of edits that other processes make, and of units that they give back to somebody who has been denied.
   *
   * @param listener - told the subject, or `undefined` when any may have been edited
   */
  watch?(listener: (subject: string | undefined) => void): StoreWatch
}
