import { option, type OptionRule } from '@alfred/core'
import { adapterRule, type ProviderAdapter } from './provider-adapter.ts'

/** How one provider's keys are rotated. */
export interface ProviderPolicy {
  /** What the provider's API can do. */
  readonly adapter: ProviderAdapter
  /**
   * Time from one rotation to the next, in milliseconds.
   * @default 30 days
   */
  readonly rotateEveryMs?: number | undefined
  /**
   * Shortest time between two rotations that nobody asked for, in milliseconds: neither a key that is said to end at once nor a
   * clock that is wrong makes them come sooner. A made key must live for twice as long.
   * @default an hour, or half of `rotateEveryMs`; 30 seconds for tokens that end by themselves
   */
  readonly minIntervalMs?: number | undefined
  /**
   * Up to which part of `rotateEveryMs` a rotation comes earlier, by chance, so that not all come at once.
   * @default 0.1
   */
  readonly jitter?: number | undefined
  /**
   * How long the key before stays good, in milliseconds. Longer than the longest request that is begun with it.
   * @default 24 hours
   */
  readonly graceMs?: number | undefined
  /**
   * How long the provider lets a key live that is made, in milliseconds; a key that got lost ends by it.
   * @default two times `rotateEveryMs`, and `graceMs`
   */
  readonly keyLifetimeMs?: number | undefined
  /**
   * After so long a new key that the provider refuses counts as bad, in milliseconds. Keys take a while to get known there.
   * @default 10 minutes
   */
  readonly testWithinMs?: number | undefined
  /**
   * When the answer to the making of a key is missing, the provider's list is believed after so long, in milliseconds.
   * @default 60 seconds
   */
  readonly settleMs?: number | undefined
  /**
   * How long a lost key is looked for, in milliseconds.
   * @default 1 hour
   */
  readonly orphanWatchMs?: number | undefined
  /**
   * Time from the switching off of an old key to its end, where the provider can switch off, in milliseconds.
   * @default 24 hours
   */
  readonly disabledMs?: number | undefined
  /**
   * Time between two probes of the current key, in milliseconds.
   * @default 1 hour
   */
  readonly probeEveryMs?: number | undefined
}

/** A policy with everything decided. */
export type ResolvedPolicy = Readonly<
  Required<{ [K in keyof ProviderPolicy]: NonNullable<ProviderPolicy[K]> }>
>

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const duration = (min: number): OptionRule<number> => option.integer({ min, max: 10 * 366 * day })

/** The rule for one provider's policy. */
export const policyRule: OptionRule<ProviderPolicy> = option.objectOf<ProviderPolicy>(
  {
    adapter: adapterRule,
    rotateEveryMs: duration(1),
    minIntervalMs: duration(0),
    jitter: option.number({ min: 0, max: 0.9 }),
    graceMs: duration(0),
    keyLifetimeMs: duration(1),
    testWithinMs: duration(0),
    settleMs: duration(0),
    orphanWatchMs: duration(0),
    disabledMs: duration(0),
    probeEveryMs: duration(1),
  },
  { required: ['adapter'] },
)

const defaultIntervalMs = ({ adapter }: ProviderPolicy, rotateEveryMs: number): number =>
  Math.min(adapter.ephemeral === true ? 30 * second : hour, Math.floor(rotateEveryMs / 2))

/** Fills in the defaults. */
export function resolvePolicy(policy: ProviderPolicy): ResolvedPolicy {
  const rotateEveryMs = policy.rotateEveryMs ?? 30 * day
  const graceMs = policy.graceMs ?? day
  return Object.freeze({
    adapter: policy.adapter,
    rotateEveryMs,
    graceMs,
    minIntervalMs: policy.minIntervalMs ?? defaultIntervalMs(policy, rotateEveryMs),
    jitter: policy.jitter ?? 0.1,
    keyLifetimeMs: policy.keyLifetimeMs ?? 2 * rotateEveryMs + graceMs,
    testWithinMs: policy.testWithinMs ?? 10 * minute,
    settleMs: policy.settleMs ?? minute,
    orphanWatchMs: policy.orphanWatchMs ?? hour,
    disabledMs: policy.disabledMs ?? day,
    probeEveryMs: policy.probeEveryMs ?? hour,
  })
}
