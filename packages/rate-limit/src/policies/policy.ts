import type { PathMatch } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AlgorithmName } from '../algorithms/algorithm.ts'
import type { OnStoreError } from '../stores/on-store-error.ts'
import type { RateLimitPlan } from './rate-limit-plan.ts'
import type { TakeAhead } from './take-ahead.ts'

/**
 * Whom a policy counts: `address` the client's address (IPv6 by /56), `network` the same with IPv6 by /48, for
 * a wider limit over those who hold many networks, `user` the authenticated user or API key and, for
 * anonymous requests, the address, or what a function returns: a non-empty string or a finite number.
 * `undefined`, `null` and `''` leave the request uncounted. A function answers at once, so an async one is refused;
 * one that throws or returns anything else is logged once, and the request counts by its address.
 *
 * What a function returns ends up in the store's keys: return an id, not a token or an e-mail address.
 */
export type RateLimitKey =
  'address' | 'network' | 'user' | ((request: IncomingMessage) => string | number | null | undefined)

/**
 * Which requests stay counted: `failure` those that are answered with a status from 400, `success` the others, or what a
 * function of the response says. A function answers at once; only `false` gives a request back, and one that throws or
 * returns anything else is logged once. A response whose connection closed before its end stays counted.
 */
export type CountWhen = 'failure' | 'success' | ((response: ServerResponse) => boolean)

/** What a policy counts, in the terms of the drafts' registry of quota units. */
export type QuotaUnit = 'requests' | 'content-bytes' | 'concurrent-requests'

/** One limit. */
export interface RateLimitPolicy {
  /** Unique among the policies; clients, events and metrics see it. At most 64 printable ASCII characters. */
  name: string
  /** Units of cost in each window: at most 10^12 in `gcra`, 1,000 leases in `concurrency`, 2^32 - 1 in the others. */
  limit: number
  windowMs: number
  /**
   * How units come back. In any time t it admits at most
   *
   * - `gcra`: `burst + limit × t / windowMs`; one unit comes back every `windowMs / limit`
   * - `sliding-window`: `limit × (1 + t / windowMs)`; the former window counts by the part of it that the
   *   last `windowMs` cover
   * - `token-bucket`: `burst + limit × (⌊t / windowMs⌋ + 1)`; `limit` units come back every `windowMs`
   * - `fixed-window`: `limit × (⌊t / windowMs⌋ + 2)`; all units come back `windowMs` after the first request
   *
   * and `concurrency` admits `limit` requests at any moment: each holds a lease until its response closes.
   * A lease whose process died comes back after `windowMs`.
   *
   * @default 'gcra'
   */
  algorithm?: AlgorithmName | undefined
  /**
   * Units that may come at once, in `gcra` and `token-bucket`.
   *
   * @default limit
   */
  burst?: number | undefined
  /**
   * Limits by plan: what somebody is granted instead of `limit` and `burst`, which apply to whom it returns
   * `undefined` for, and to everybody while it fails.
   *
   * @default the same limit for everybody
   */
  plan?: RateLimitPlan | undefined
  /**
   * Takes units ahead, for keys that are asked for so often that the store is the bottleneck; `gcra` only.
   * A process takes `units` at a time and uses them for `maxMs`. Never admits more than the policy; admits
   * less by `limit × maxMs / windowMs` of the burst, and by what processes hold: up to `units - 1` each.
   *
   * @default every request is counted by itself
   */
  takeAhead?: TakeAhead | undefined
  /**
   * Units that a request costs.
   *
   * @default 1
   */
  cost?: number | undefined
  key: RateLimitKey
  /**
   * The IPv6 network that is counted as one address, from 32 to 64. Providers give a customer a /56 (RIPE-690), some a /48
   * or a /64; a network narrower than the customer's lets one client have many limits.
   *
   * @default 56, and 48 where `key` is 'network'
   */
  ipv6PrefixBits?: number | undefined
  /**
   * The requests it applies to; `false` for a policy that only `consume()` uses.
   *
   * @default every request
   */
  match?: PathMatch | false | undefined
  /**
   * Which requests stay counted, by their outcome. Each counts when it comes, so that the policy's bound holds for those
   * under way, too. When its response has ended in another way, what still counts is given back: nothing that has come
   * back by itself meanwhile. For requests that the middleware counts.
   *
   * @default all of them
   */
  countWhen?: CountWhen | undefined
  /**
   * `shadow` counts and tells by an event what it would have denied, but denies nothing.
   *
   * @default 'enforce'
   */
  mode?: 'enforce' | 'shadow' | undefined
  /**
   * What happens while the store is away.
   *
   * @default 'local'
   */
  onStoreError?: OnStoreError | undefined
  /**
   * What a unit of cost stands for, as told to clients. Does not change how it is counted.
   *
   * @default 'requests', and 'concurrent-requests' for concurrency
   */
  quotaUnit?: QuotaUnit | undefined
  /**
   * Whether clients are told which quota they used (`pk` of drafts 8 and 11), for those that ask on behalf
   * of several users: a keyed hash of the policy's name and key.
   *
   * @default false
   */
  partitionKey?: boolean | undefined
}

/** {@link RateLimitPolicy} with its defaults. */
export interface ResolvedPolicy {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  readonly algorithm: AlgorithmName
  readonly burst: number
  /** Whether the burst may differ from the limit. */
  readonly bursts: boolean
  readonly plan: RateLimitPlan | undefined
  /** Whether calls bring quotas of their own. */
  readonly planned: boolean
  readonly takeAhead: TakeAhead | undefined
  readonly cost: number
  /** The longest time for which something counted matters, in milliseconds. */
  readonly lifeMs: number
  readonly key: RateLimitKey
  readonly ipv6PrefixBits: number
  readonly match: PathMatch | false
  readonly countWhen: CountWhen | undefined
  readonly enforced: boolean
  readonly onStoreError: OnStoreError
  readonly quotaUnit: QuotaUnit
  readonly partitionKey: boolean
}

/**
 * The policies of a limiter that is given none: 1,000 requests per minute and client address, on every path. No ordinary
 * page meets it; name smaller limits for what is dear, such as a login. It goes on counting in the process while the store
 * is away.
 *
 * @example
 * ```ts
 * import { createRateLimiter, defaultPolicies } from '@alfred/rate-limit'
 *
 * export const limiter = createRateLimiter({
 *   policies: [
 *     ...defaultPolicies,
 *     { name: 'login', limit: 5, windowMs: 60_000, key: 'address', match: '/login', onStoreError: 'deny' },
 *   ],
 * })
 * ```
 */
export const defaultPolicies: readonly RateLimitPolicy[] = Object.freeze<RateLimitPolicy[]>([
  { name: 'requests', limit: 1000, windowMs: 60_000, key: 'address', onStoreError: 'local' },
])
