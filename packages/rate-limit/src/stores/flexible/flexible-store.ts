import { AlfredError, dropRejection, isAlfredError, type Lifecycle, lifecycle } from '@alfred/core'
import { hash } from 'node:crypto'
import { cellTags } from '../../algorithms/cell-tag.ts'
import { compileRule, type CompiledRule, decide, type RuleState } from '../compiled-rules.ts'
import type { RateLimitStore, StoreAnswer, StoreRule } from '../rate-limit-store.ts'
import { type FlexibleLimiter, type FlexibleResult, isFlexibleDenial } from './flexible-limiter-type.ts'

/** What the limiter of one policy must be made with. */
export interface FlexibleLimiterOptions {
  readonly points: number
  /** Seconds. */
  readonly duration: number
  readonly keyPrefix: string
}

/** Makes a limiter of rate-limiter-flexible. */
export type FlexibleLimiterFactory = (options: FlexibleLimiterOptions) => FlexibleLimiter

/** Options of {@link createFlexibleStore}. */
export interface FlexibleStoreOptions {
  /** Begins every key. @default 'alfred' */
  readonly prefix?: string | undefined
  /** Opens and closes what the limiters use. @default nothing is opened or closed */
  readonly connection?: Pick<Lifecycle, 'ready' | 'close'> | undefined
}

/** Timers of Node and so the memory limiter's overflow beyond; a longer window would admit everything. */
const maxWindowMs = 2 ** 31 - 1

const methods = ['consume', 'penalty', 'reward', 'get'] as const

/** Settings with which a limiter would answer late, hide an outage, or refuse what there is room for. */
const unfit: Readonly<Record<string, string>> = {
  execEvenly: 'delays its answers',
  blockDuration: 'blocks by itself',
  inMemoryBlockOnConsumed: 'refuses without asking its store',
  insuranceLimiter: 'hides outages of its store; use onStoreError',
}

/** Why a limiter cannot count for a rule. */
function unfitness(
  limiter: FlexibleLimiter,
  { points, duration }: FlexibleLimiterOptions,
): string | undefined {
  const value: unknown = limiter
  dropRejection(value)
  const missing = methods.filter(
    (name) => typeof value !== 'object' || value === null || typeof Reflect.get(value, name) !== 'function',
  )
  if (missing.length > 0) {
    return `needs a limiter with ${missing.map((name) => `${name}()`).join(', ')}; a union has none of its own.`
  }
  if (limiter.points !== points || limiter.duration !== duration) {
    return 'needs a limiter made with the points and the duration that the factory is given.'
  }
  const [setting] = Object.keys(unfit).filter((name) => Boolean(Reflect.get(limiter, name)))
  return setting === undefined
    ? undefined
    : `needs a limiter without ${setting}, which ${unfit[setting] ?? ''}.`
}

/** Keys that every database takes: short, without white space. */
const keyOf = (subject: string): string =>
  subject.length <= 100 && /^[\x21-\x7e]+$/.test(subject)
    ? subject
    : `#${hash('sha256', subject, 'base64url')}`

const unavailable = (cause: unknown): AlfredError =>
  new AlfredError(
    'ALFRED_STORE_UNAVAILABLE',
    'The limiter of rate-limiter-flexible could not count the request.',
    { store: 'rate limits' },
    {
      cause,
    },
  )

/**
 * Builds a store on limiters of rate-limiter-flexible: PostgreSQL, MySQL, MongoDB, Memcached and whatever else
 * it has. It counts what those can: fixed windows, of whole seconds, up to 24 days; anything else is a wrong
 * configuration. It cannot block, and does not know limits by plan.
 *
 * A limiter counts what it denies, and several are not atomic together: what was counted is given back, and
 * until then, or for good when the process dies in between, there is less left.
 *
 * @param create - makes the limiter of one policy
 *
 * @example
 * ```ts
 * import { createFlexibleStore, createRateLimiter } from '@alfred/rate-limit'
 * import { RateLimiterMemory } from 'rate-limiter-flexible'
 *
 * export const limiter = createRateLimiter({
 *   store: createFlexibleStore((options) => new RateLimiterMemory(options)),
 *   policies: [{ name: 'api', algorithm: 'fixed-window', limit: 100, windowMs: 60_000, key: 'address' }],
 * })
 * ```
 */
export function createFlexibleStore(
  create: FlexibleLimiterFactory,
  { prefix = 'alfred', connection }: FlexibleStoreOptions = {},
): RateLimitStore {
  const limiters = new Map<string, FlexibleLimiter>()

  const optionsOf = ({ name, limit, windowMs }: StoreRule): FlexibleLimiterOptions => ({
    points: limit,
    duration: windowMs / 1000,
    keyPrefix: `${prefix}:${cellTags(name, 'fixed-window').join('')}`,
  })
  const limiterOf = (rule: StoreRule): FlexibleLimiter => {
    const id = `${rule.name} ${String(rule.limit)} ${String(rule.windowMs)}`
    let limiter = limiters.get(id)
    if (!limiter) limiters.set(id, (limiter = create(optionsOf(rule))))
    return limiter
  }

  const supports = (rule: StoreRule): string | undefined => {
    const { algorithm = 'gcra', windowMs, planned = false } = rule
    if (algorithm !== 'fixed-window') return 'needs algorithm: fixed-window, the only one the store has.'
    if (windowMs % 1000 !== 0) return 'needs a windowMs of whole seconds: parts of them lock out for ever.'
    if (windowMs > maxWindowMs) return 'needs a windowMs of at most 24 days: longer timers overflow.'
    if (planned) return 'must not have a plan: a limiter has one limit.'
    return unfitness(limiterOf(rule), optionsOf(rule))
  }

  /** What was counted before `cost` was. */
  const stateOf = (result: FlexibleResult | null, cost: number): RuleState => {
    const used = Math.max(0, (result?.consumedPoints ?? 0) - cost)
    return { reading: [used, used === 0 ? 0 : Math.max(1, result?.msBeforeNext ?? 0) * 1000], blockedUs: 0 }
  }

  const consume = async (limiter: FlexibleLimiter, key: string, cost: number): Promise<RuleState> => {
    try {
      return stateOf(await limiter.consume(key, cost), cost)
    } catch (error) {
      if (!isFlexibleDenial(error)) throw error
      // The limiter has counted what it denies.
      await limiter.reward(key, cost)
      return stateOf(error, cost)
    }
  }

  /** Counts for one rule, and returns what was counted before. */
  const count = async (
    limiter: FlexibleLimiter,
    key: string,
    cost: number,
    forced: boolean,
  ): Promise<RuleState> => {
    if (cost > 0 && !forced) return consume(limiter, key, cost)
    const state = stateOf(await limiter.get(key), 0)
    const used = state.reading[0] ?? 0
    const refund = Math.min(-cost, used)
    const charged = Math.min(cost, limiter.points - used)
    if (cost < 0 && refund > 0) await limiter.reward(key, refund)
    if (cost > 0 && charged > 0) await limiter.penalty(key, charged)
    return state
  }

  const take = async (
    rules: readonly CompiledRule[],
    used: readonly FlexibleLimiter[],
    subject: string,
    costs: readonly number[],
    forced: boolean,
  ): Promise<StoreAnswer> => {
    const key = keyOf(subject)
    const states = await Promise.all(
      used.map((limiter, index) => count(limiter, key, costs[index] ?? 0, forced)),
    )
    const { admitted, answers } = decide(rules, states, costs, forced)
    if (!admitted) {
      await Promise.all(
        used.map(async (limiter, index) => {
          const cost = costs[index] ?? 0
          if (cost > 0 && answers[index]?.allowed === true) await limiter.reward(key, cost)
        }),
      )
    }
    return { admitted, answers }
  }

  return {
    supports,
    prepare(storeRules) {
      const rules = storeRules.map(compileRule)
      const used = storeRules.map(limiterOf)
      const ownCosts = rules.map((rule) => rule.take)
      return (subject, { costs = ownCosts, forced = false } = {}) =>
        take(rules, used, subject, costs, forced).catch((error: unknown) => {
          throw isAlfredError(error) ? error : unavailable(error)
        })
    },
    ...lifecycle(
      async () => connection?.close(),
      async () => connection?.ready(),
    ),
  }
}
