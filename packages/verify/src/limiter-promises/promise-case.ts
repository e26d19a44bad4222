import type { RateLimitPolicy } from '@alfred/rate-limit'
import type { SeededRandom } from '../random/seeded-random.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The algorithms that promise when units come back. */
export type PromisingAlgorithm = 'gcra' | 'sliding-window' | 'fixed-window' | 'token-bucket'

/** A rule of one policy, which every case has. */
export interface PromiseRule {
  readonly algorithm: PromisingAlgorithm
  readonly limit: number
  readonly windowMs: number
  readonly burst: number
  readonly cost: number
}

/** What a plan grants; `undefined` for the policy's own quota. */
export type Grant = { readonly limit: number; readonly burst: number } | undefined

/** Something that happens to somebody who is counted, or to the limit. */
export type PromiseStep =
  | { readonly kind: 'spend'; readonly share: number }
  | { readonly kind: 'wait'; readonly share: number }
  | { readonly kind: 'rule'; readonly rule: PromiseRule }
  | { readonly kind: 'plan'; readonly grant: Grant }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'refund'; readonly share: number; readonly settles: boolean }
  | { readonly kind: 'override'; readonly how: 'reward' | 'penalty' | 'reset' | 'unblock' }
  | { readonly kind: 'block'; readonly ms: number }
  | { readonly kind: 'probe' }

/** A generated history. */
export interface PromiseCase {
  readonly rule: PromiseRule
  readonly steps: readonly PromiseStep[]
}

function generateRule(random: SeededRandom, algorithm: PromisingAlgorithm): PromiseRule {
  const limit = random.chance(0.5) ? random.between(1, 5) : random.between(1, 2000)
  const windowMs = random.pick([
    random.between(1, 1000),
    random.between(1000, 60_000),
    random.between(60_000, hourMs),
    random.between(hourMs, dayMs),
    random.between(dayMs, 30 * dayMs),
  ])
  const bursts = algorithm === 'gcra' || algorithm === 'token-bucket'
  const burst = bursts && random.chance(0.4) ? random.between(1, 2 * limit) : limit
  return { algorithm, limit, windowMs, burst, cost: random.between(1, Math.min(3, burst, limit)) }
}

function generateStep(random: SeededRandom, rule: PromiseRule): PromiseStep {
  const { algorithm, cost } = rule
  switch (random.below(8)) {
    case 0:
      return { kind: 'spend', share: random.between(1, 10) / 10 }
    case 1:
      return { kind: 'wait', share: random.between(0, 150) / 100 }
    case 2:
      return { kind: 'rule', rule: generateRule(random, algorithm) }
    case 3: {
      if (random.chance(0.2)) return { kind: 'plan', grant: undefined }
      // A plan that never fits a request is no promise.
      const burst = random.between(cost, cost + random.pick([3, 2000]))
      return { kind: 'plan', grant: { limit: burst, burst } }
    }
    case 4:
      return { kind: 'clock', ms: random.between(-2 * hourMs, 2 * hourMs) }
    case 5:
      return { kind: 'refund', share: random.between(1, 10) / 10, settles: random.chance(0.5) }
    case 6:
      return { kind: 'block', ms: random.between(1, 2 * hourMs) }
    default:
      return { kind: 'override', how: random.pick(['reward', 'penalty', 'reset', 'unblock']) }
  }
}

/** A history that begins with a used quota and ends with a probe; some probe in between as well. */
export function generateCase(random: SeededRandom): PromiseCase {
  const algorithm = random.pick(['gcra', 'sliding-window', 'fixed-window', 'token-bucket'])
  const rule = generateRule(random, algorithm)
  const steps: PromiseStep[] = [{ kind: 'spend', share: random.pick([0.3, 1]) }]
  let current = rule
  for (let left = random.between(1, 5); left > 0; left -= 1) {
    const step = generateStep(random, current)
    if (step.kind === 'rule') current = step.rule
    steps.push(step)
    if (random.chance(0.3)) steps.push({ kind: 'probe' })
  }
  return { rule, steps: [...steps, { kind: 'probe' }] }
}

/** The policy of a rule, with a plan that grants what `grant` says at the time. */
export const policyOf = (
  { algorithm, burst, ...rule }: PromiseRule,
  grant: () => Grant,
): RateLimitPolicy => ({
  ...rule,
  name: 'promise',
  algorithm,
  ...((algorithm === 'gcra' || algorithm === 'token-bucket') && { burst }),
  key: () => undefined,
  match: false,
  onStoreError: 'deny',
  plan: grant,
})

/** The longest that a rule keeps anybody out, in milliseconds. */
export function maxWaitMs({ algorithm, limit, burst, windowMs }: PromiseRule): number {
  if (algorithm === 'gcra') return (burst / limit) * windowMs
  if (algorithm === 'token-bucket') return Math.ceil(burst / limit) * windowMs
  return algorithm === 'sliding-window' ? 2 * windowMs : windowMs
}

/** The most units that a rule admits in any time, as the README has it. */
export function maxUnits({ algorithm, limit, burst, windowMs }: PromiseRule, ms: number): number {
  if (algorithm === 'gcra') return burst + (limit * ms) / windowMs
  if (algorithm === 'token-bucket') return burst + limit * (Math.floor(ms / windowMs) + 1)
  if (algorithm === 'sliding-window') return limit * (1 + ms / windowMs)
  return limit * (Math.floor(ms / windowMs) + 2)
}
