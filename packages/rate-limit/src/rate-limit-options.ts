import {
  addressListRule,
  AlfredConfigError,
  type ConfigProblem,
  createEventBus,
  dropRejection,
  exemptAddressListRule,
  observed,
  option,
  type Options,
  readOptions,
  trustProxyRule,
} from '@alfred/core'
import { banRule } from './addresses/ban-options.ts'
import { blockTag, cellTags } from './algorithms/cell-tag.ts'
import { createMemoryStore } from './stores/memory/memory-store.ts'
import { defaultPolicies, type RateLimitPolicy, type ResolvedPolicy } from './policies/policy.ts'
import { policyRule } from './policies/policy-rule.ts'
import type { RateLimitHeaders } from './answers/quota-fields/quota-fields.ts'
import type { RateLimitStore } from './stores/rate-limit-store.ts'
import { limiterPeers } from './policies/peer-options.ts'

/** A set of policies is a set of bits of one small integer. */
const maxPolicies = 31

const policiesRule = option
  .list(option.custom<ResolvedPolicy, RateLimitPolicy>(policyRule), { min: 1 })
  .check((policies, report) => {
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
  })

const rateLimitRule = option
  .object(
    {
      /**
       * At most 31.
       *
       * @default {@link defaultPolicies}
       */
      policies: policiesRule.optional(),
      /**
       * Where counts are kept. The limiter closes it when it is closed.
       *
       * @default a memory store: every process counts for itself
       */
      store: option.withMethods<RateLimitStore>('prepare', 'ready', 'close').optional(),
      /**
       * Longest time a request waits for the store, in milliseconds.
       *
       * @default 50
       */
      deadlineMs: option.integer({ min: 1, max: 60_000 }).default(50),
      /**
       * `draft-11`, `draft-8` and `draft-7` send `RateLimit-Policy` and `RateLimit` as that version of
       * draft-ietf-httpapi-ratelimit-headers has them; `legacy` sends `X-RateLimit-Limit`, `-Remaining` and
       * `-Reset`; `false` sends none. `draft-7` and `legacy` show the policy with the least left. A denial
       * carries `Retry-After` in any case.
       *
       * @default 'draft-11'
       */
      headers: option
        .oneOf<RateLimitHeaders>('draft-11', 'draft-8', 'draft-7', 'legacy', false)
        .default('draft-11'),
      /**
       * Up to so many milliseconds are added to `Retry-After`, at random, so that clients that were denied
       * together do not come back together.
       *
       * @default 0
       */
      retryAfterJitterMs: option.integer({ min: 0, max: 3_600_000 }).default(0),
      /**
       * What the partition keys of policies with `partitionKey: true` are hashed with; the same in all
       * processes that share a store.
       *
       * @default random: keys are good for this process alone
       */
      partitionKeySecret: option.string({ pattern: /^.{16,}$/s, hint: 'at least 16 characters' }).optional(),
      /**
       * Addresses and networks that nothing here is applied to, such as a monitoring system. Wins over `deny`.
       *
       * @default none
       */
      allow: exemptAddressListRule.default([]),
      /**
       * Addresses and networks that are answered with 403.
       *
       * @default none
       */
      deny: addressListRule.default([]),
      /**
       * Bans addresses that repeat offences, each time for longer. Needs a right `trustProxy`: behind a proxy
       * that is not named every client would be banned with the first.
       *
       * @default false
       */
      bans: banRule.default(false),
      /**
       * How many processes share the store. While it is away, a policy with `onStoreError: 'local'` admits
       * its limit divided by this in each of them.
       *
       * @default 1
       */
      instances: option.integer({ min: 1, max: 1_000_000 }).default(1),
      /**
       * Who may name the client's address by `X-Forwarded-For`.
       *
       * @default false
       */
      trustProxy: trustProxyRule.default(false),
      /** @default discards everything */
      logger: observed.logger,
      /** @default the machine's clock */
      clock: observed.clock,
      /** @default a bus of the limiter's own */
      events: observed.events,
    },
    { peers: limiterPeers },
  )
  .check(({ allow, deny }, report) => {
    const allowed = new Set(allow)
    for (const [index, entry] of deny.entries()) {
      if (!allowed.has(entry)) continue
      report
        .at('deny')
        .at(index)
        .add('ALFRED_CONFIG_CONFLICT', 'has no effect: allow lists it too, and allow wins.')
    }
  })

/** Options of `createRateLimiter`, and of `rateLimit` in the whole stack's configuration. */
export interface RateLimitOptions extends Options<typeof rateLimitRule> {}

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
export function resolveRateLimitOptions(options: RateLimitOptions) {
  const read = readOptions('rateLimit', options, rateLimitRule)
  const { policies = defaultsResolved(), store, clock, logger, events, partitionKeySecret } = read
  checkSupport(policies, store)
  return Object.freeze({
    ...read,
    policies,
    partitionKeySecret,
    store: store ?? createMemoryStore({ clock }),
    events: events ?? createEventBus(logger),
  })
}

/** {@link RateLimitOptions} with their defaults. */
export type ResolvedRateLimitOptions = ReturnType<typeof resolveRateLimitOptions>
