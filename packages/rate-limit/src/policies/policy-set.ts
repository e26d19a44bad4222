import type { Clock } from '@alfred/core'
import { prepareTake } from '../stores/prepare-take.ts'
import type { Quota } from '../algorithms/algorithm.ts'
import type { DenialMemory } from './denial-memory.ts'
import type { MemoryStore, MemoryTake } from '../stores/memory/memory-store.ts'
import type { OutcomeReader } from './outcome-reader.ts'
import type { PlanReader } from './plan-reader.ts'
import type { ResolvedPolicy } from './policy.ts'
import type { RateLimitStore, StoreRule, StoreTake } from '../stores/rate-limit-store.ts'
import { ruleWithUnitsAhead, takeUnitsAhead } from './take-units-ahead.ts'
import type { UnitsAheadBySubject } from './units-ahead.ts'

/** A policy at work in a limiter. */
export interface ActivePolicy extends ResolvedPolicy {
  /** Its index among the limiter's policies, and the number of its bit in a mask of them. */
  readonly index: number
  readonly denials: DenialMemory
  /** Units taken ahead. */
  readonly unitsAhead: UnitsAheadBySubject
  readonly planReader: PlanReader | undefined
  readonly outcomeReader: OutcomeReader | undefined
}

/** Policies that meet in one subject, and what was prepared for counting it. */
export interface PolicySet {
  readonly policies: readonly ActivePolicy[]
  /** Counts in the shared store. */
  readonly take: StoreTake
  /** Whether a policy of the set lends, so that requests hold leases until they end. */
  readonly lends: boolean
  /** Those that deny while the store is away. */
  readonly denying: readonly ActivePolicy[]
  readonly local: LocalSet | undefined
}

/** The policies of a set that count in this process while the store is away. */
export interface LocalSet {
  readonly policies: readonly ActivePolicy[]
  /** Their indexes in the whole set. */
  readonly indexes: readonly number[]
  readonly take: MemoryTake
}

const share = (amount: number, instances: number): number => Math.max(1, Math.floor(amount / instances))

/** What one of `instances` processes may admit by itself. */
export function localQuota(quota: Quota, cost: number, instances: number): Quota {
  // A plan that grants nothing grants nothing here.
  if (quota.limit === 0 || quota.burst === 0) return quota
  const burst = Math.max(cost, share(quota.burst, instances))
  const limit = share(quota.limit, instances)
  // A window that is smaller than one request would never admit it.
  return { ...quota, burst, limit: quota.burst === quota.limit ? Math.max(limit, burst) : limit }
}

const localRule = (policy: ResolvedPolicy, instances: number): StoreRule => ({
  ...policy,
  ...localQuota(policy, policy.cost, instances),
})

/** Returns the set of the policies in a mask, the same one every time. */
export function createPolicySets(
  policies: readonly ActivePolicy[],
  store: RateLimitStore,
  fallback: MemoryStore,
  { instances, clock }: { readonly instances: number; readonly clock: Clock },
): (mask: number) => PolicySet {
  const sets = new Map<number, PolicySet>()

  const build = (mask: number): PolicySet => {
    const members = policies.filter(({ index }) => (mask & (1 << index)) !== 0)
    const indexes = [...members.keys()].filter((index) => members[index]?.onStoreError === 'local')
    const local = members.filter(({ onStoreError }) => onStoreError === 'local')
    return {
      policies: members,
      take: takeUnitsAhead(prepareTake(store, members.map(ruleWithUnitsAhead)), members, clock),
      lends: members.some(({ algorithm }) => algorithm === 'concurrency'),
      denying: members.filter(({ enforced, onStoreError }) => enforced && onStoreError === 'deny'),
      local:
        local.length === 0
          ? undefined
          : {
              policies: local,
              indexes,
              take: fallback.prepare(local.map((policy) => localRule(policy, instances))),
            },
    }
  }

  return (mask) => {
    let set = sets.get(mask)
    if (!set) sets.set(mask, (set = build(mask)))
    return set
  }
}
