import {
  addressListRule,
  exemptAddressListRule,
  AlfredConfigError,
  type Clock,
  clockRule,
  type ConfigProblem,
  createEventBus,
  dropRejection,
  type EventBus,
  eventBusRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  readOptions,
  systemClock,
  type TrustProxy,
  trustProxyRule,
} from '@alfred/core'
import { type BanOptions, banRule, type ResolvedBanOptions } from './addresses/ban-options.ts'
import { blockTag, cellTags } from './algorithms/cell-tag.ts'
import { createMemoryStore } from './stores/memory/memory-store.ts'
import { defaultPolicies, type RateLimitPolicy, type ResolvedPolicy } from './policies/policy.ts'
import { policyRule } from './policies/policy-rule.ts'
import type { RateLimitHeaders } from './answers/quota-fields/quota-fields.ts'
import type { RateLimitStore } from './stores/rate-limit-store.ts'
import { limiterPeers } from './policies/peer-options.ts'

/** Options of `createRateLimiter`, and of `rateLimit` in the whole stack's configuration. */
export interface RateLimitOptions {
  /**
   * At most 31.
   *
   * @default {@link defaultPolicies}
   */
  policies?: readonly RateLimitPolicy[] | undefined
  /**
   * Where counts are kept. The limiter closes it when it is closed.
   *
   * @default a memory store: every process counts for itself
   */
  store?: RateLimitStore | undefined
  /**
   * Longest time a request waits for the store, in milliseconds.
   *
   * @default 50
   */
  deadlineMs?: number | undefined
  /**
   * `draft-11`, `draft-8` and `draft-7` send `RateLimit-Policy` and `RateLimit` as that version of
   * draft-ietf-httpapi-ratelimit-headers has them; `legacy` sends `X-RateLimit-Limit`, `-Remaining` and
   * `-Reset`; `false` sends none. `draft-7` and `legacy` show the policy with the least left. A denial
   * carries `Retry-After` in any case.
   *
   * @default 'draft-11'
   */
  headers?: RateLimitHeaders | undefined
  /**
   * Up to so many milliseconds are added to `Retry-After`, at random, so that clients that were denied
   * together do not come back together.
   *
   * @default 0
   */
  retryAfterJitterMs?: number | undefined
  /**
   * What the partition keys of policies with `partitionKey: true` are hashed with; the same in all
   * processes that share a store.
   *
   * @default random: keys are good for this process alone
   */
  partitionKeySecret?: string | undefined
  /**
   * Addresses and networks that nothing here is applied to, such as a monitoring system. Wins over `deny`.
   *
   * @default none
   */
  allow?: readonly string[] | undefined
  /**
   * Addresses and networks that are answered with 403.
   *
   * @default none
   */
  deny?: readonly string[] | undefined
  /**
   * Bans addresses that repeat offences, each time for longer. Needs a right `trustProxy`: behind a proxy
   * that is not named every client would be banned with the first.
   *
   * @default false
   */
  bans?: boolean | BanOptions | undefined
  /**
   * How many processes share the store. While it is away, a policy with `onStoreError: 'local'` admits
   * its limit divided by this in each of them.
   *
   * @default 1
   */
  instances?: number | undefined
  /**
   * Who may name the client's address by `X-Forwarded-For`.
   *
   * @default false
   */
  trustProxy?: TrustProxy | undefined
  /** @default discards everything */
  logger?: Logger | undefined
  /** @default the machine's clock */
  clock?: Clock | undefined
  /** @default a bus of the limiter's own */
  events?: EventBus | undefined
}

/** {@link RateLimitOptions} with their defaults. */
export interface ResolvedRateLimitOptions {
  readonly policies: readonly ResolvedPolicy[]
  readonly store: RateLimitStore
  readonly deadlineMs: number
  readonly headers: RateLimitHeaders
  readonly retryAfterJitterMs: number
  readonly partitionKeySecret: string | undefined
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly bans: ResolvedBanOptions | false
  readonly instances: number
  readonly trustProxy: TrustProxy
  readonly logger: Logger
  readonly clock: Clock
  readonly events: EventBus
}

/** A set of policies is a set of bits of one small integer. */
const maxPolicies = 31

type Shape = Omit<RateLimitOptions, 'bans' | 'policies'> & {
  bans?: ResolvedBanOptions | false | undefined
  policies?: readonly ResolvedPolicy[] | undefined
}

const shape = option.objectOf<Shape>(
  {
    policies: (value, report) => {
      const policies = option.list(policyRule, { min: 1 })(value, report)
      if (!policies) return undefined
      if (policies.length > maxPolicies) {
        report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must have at most ${String(maxPolicies)} entries.`)
      }
      const owners = new Map<string, string>()
      for (const [index, { name, algorithm }] of policies.entries()) {
        if (typeof name !== 'string') continue
        const tags = [...cellTags(name, algorithm), blockTag(name)]
        const other = tags.map((tag) => owners.get(tag)).find((owner) => owner !== undefined)
        for (const tag of tags) owners.set(tag, name)
        if (other === undefined) continue
        const why =
          other === name
            ? 'must differ from the names before it.'
            : 'has the short form of another name: choose another.'
        report.at(index).at('name').add('ALFRED_CONFIG_CONFLICT', why)
      }
      return policies
    },
    store: option.withMethods<RateLimitStore>('prepare', 'ready', 'close'),
    deadlineMs: option.integer({ min: 1, max: 60_000 }),
    headers: option.oneOf<RateLimitHeaders>('draft-11', 'draft-8', 'draft-7', 'legacy', false),
    retryAfterJitterMs: option.integer({ min: 0, max: 3_600_000 }),
    partitionKeySecret: option.string({ pattern: /^.{16,}$/s, hint: 'at least 16 characters' }),
    allow: exemptAddressListRule,
    deny: addressListRule,
    bans: banRule,
    instances: option.integer({ min: 1, max: 1_000_000 }),
    trustProxy: trustProxyRule,
    logger: loggerRule,
    clock: clockRule,
    events: eventBusRule,
  },
  { peers: limiterPeers },
)

const optionsRule: OptionRule<Shape> = (value, report) => {
  const read = shape(value, report)
  const allowed = new Set(read?.allow)
  for (const [index, entry] of (read?.deny ?? []).entries()) {
    if (allowed.has(entry)) {
      report
        .at('deny')
        .at(index)
        .add('ALFRED_CONFIG_CONFLICT', 'has no effect: allow lists it too, and allow wins.')
    }
  }
  return read
}

const defaultsResolved = (): readonly ResolvedPolicy[] =>
  readOptions('rateLimit.policies', defaultPolicies, option.list(policyRule))

/** Why a store cannot count a policy; what is neither a text nor nothing is a fault of the store. */
function readSupport(answer: unknown): string | undefined {
  if (answer === undefined || typeof answer === 'string') return answer
  dropRejection(answer)
  return 'has a store whose supports() must return a text or undefined.'
}

/** @throws AlfredConfigError naming every policy that the store cannot count */
function checkSupport(policies: readonly ResolvedPolicy[], store: RateLimitStore | undefined): void {
  const problems = policies.flatMap((policy, index): ConfigProblem[] => {
    const message = readSupport(store?.supports?.(policy))
    const path = `rateLimit.policies[${String(index)}]`
    return message === undefined ? [] : [{ path, code: 'ALFRED_CONFIG_CONFLICT', message }]
  })
  if (problems.length > 0) throw new AlfredConfigError(problems)
}

/** Checks the options and fills in the defaults. */
export function resolveRateLimitOptions(options: RateLimitOptions): ResolvedRateLimitOptions {
  const read = readOptions('rateLimit', options, optionsRule)
  const { policies = defaultsResolved(), logger = noopLogger, clock = systemClock } = read
  checkSupport(policies, read.store)
  return Object.freeze({
    policies,
    store: read.store ?? createMemoryStore({ clock }),
    deadlineMs: read.deadlineMs ?? 50,
    headers: read.headers ?? 'draft-11',
    retryAfterJitterMs: read.retryAfterJitterMs ?? 0,
    partitionKeySecret: read.partitionKeySecret,
    allow: read.allow ?? [],
    deny: read.deny ?? [],
    bans: read.bans ?? false,
    instances: read.instances ?? 1,
    trustProxy: read.trustProxy ?? false,
    logger,
    clock,
    events: read.events ?? createEventBus(logger),
  })
}
