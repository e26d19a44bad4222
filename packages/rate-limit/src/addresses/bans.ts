import { addressGroup, type Clock, type EventBus, isThenable, type Logger } from '@alfred/core'
import { createMemoryStore } from '../stores/memory/memory-store.ts'
import type { RateLimitStore, StoreAnswer, StoreRule } from '../stores/rate-limit-store.ts'
import type { GuardedStore } from '../stores/guarded-store.ts'
import { prepareTake } from '../stores/prepare-take.ts'
import type { ResolvedBanOptions } from './ban-options.ts'
import { createBoundedMap } from './bounded-map.ts'

/** Bans addresses that repeat offences, each time for longer. */
export interface Bans {
  /** Milliseconds for which an address is still banned, 0 when it is not. Asks nobody. */
  remainingMs(address: string): number
  /** @param weight - how many offences this is */
  countOffence(address: string, weight: number): void
  /** Ends a ban and forgets the earlier ones; other processes follow within {@link lookEveryMs}. */
  lift(address: string): Promise<void>
}

/** What {@link createBans} needs. */
export interface BansOptions {
  readonly bans: ResolvedBanOptions
  readonly store: RateLimitStore
  readonly guarded: GuardedStore
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventBus
}

/** How often a process asks the store what the others have banned or pardoned, for each address it sees. */
export const lookEveryMs = 60_000

const maxSteps = 256

/** How many bans it takes to grow from the first to the longest. */
const stepsOf = ({ firstMs, maxMs, factor }: ResolvedBanOptions): number =>
  factor === 1 ? 1 : Math.min(maxSteps, Math.max(1, Math.ceil(Math.log(maxMs / firstMs) / Math.log(factor))))

const rule = (name: string, limit: number, windowMs: number, enforced: boolean): StoreRule => ({
  name,
  limit,
  windowMs,
  burst: limit,
  cost: 1,
  enforced,
})

/**
 * Builds the bans of one limiter. What a store can count is enough to share them: a bucket that loses one
 * unit in each `forgetAfterMs` holds how many bans there were, and one that loses a unit in each
 * millisecond how long the present one lasts.
 *
 * Offences are counted here, so that denials stay free of store calls. A ban is written to the store once, and
 * each process asks for what the others banned at most once in {@link lookEveryMs} per address, beside the
 * request and not before it.
 */
export function createBans({ bans, store, guarded, clock, logger, events }: BansOptions): Bans {
  const { after, windowMs, firstMs, factor, maxMs, forgetAfterMs, ipv6PrefixBits, maxAddresses } = bans
  const steps = stepsOf(bans)
  const shared = [
    rule('ban-level', steps, steps * forgetAfterMs, false),
    rule('ban-time', maxMs, maxMs, false),
  ]
  const memory = createMemoryStore({ maxKeys: Math.max(2, maxAddresses), clock })
  const takeAlone = memory.prepare(shared)
  // One that counts in another way, as rate-limiter-flexible does, would ban for other times.
  const isShared = shared.every((each) => store.supports?.(each) === undefined)
  const takeShared = isShared ? prepareTake(store, shared) : takeAlone
  if (!isShared)
    logger.warn({}, 'bans are not shared: the store cannot count them, so each process bans by itself')
  const takeOffence = memory.prepare([rule('offences', after, windowMs, true)])
  const endsAt = createBoundedMap<number>(maxAddresses)
  const lookedAt = createBoundedMap<number>(maxAddresses)
  const underWay = new Map<string, Promise<void>>()
  // Until the store once took its time: one that answers at once is this process' own.
  let isRemote = true

  const subjectOf = (address: string): string => `b:${addressGroup(address, ipv6PrefixBits)}`

  /** Asks the store, or what this process knows by itself while that is away. */
  const ask = async (subject: string, costs: readonly number[]): Promise<StoreAnswer> =>
    (await guarded.take(takeShared, [], subject, { costs })) ?? takeAlone(subject, { costs })

  const look = (subject: string, nowMs: number): void => {
    lookedAt.set(subject, nowMs)
    const answer = guarded.take(takeShared, [], subject, { costs: [0, 0] })
    if (!isThenable(answer)) {
      isRemote = answer === undefined
      return
    }
    void answer.then((storeAnswer) => {
      if (!storeAnswer) return
      const remainingMs = storeAnswer.answers[1]?.resetMs ?? 0
      if (remainingMs > 0) endsAt.set(subject, clock.monotonicMs() + remainingMs)
      // Pardoned elsewhere, unless the store was away when this process banned it.
      else if (takeAlone(subject, { costs: [0, 0] }).answers[1]?.resetMs === 0) endsAt.delete(subject)
    })
  }

  const ban = async (subject: string): Promise<void> => {
    const nowMs = clock.monotonicMs()
    endsAt.set(subject, nowMs + firstMs)
    lookedAt.set(subject, nowMs)
    takeOffence(subject, { costs: [-after] })
    const before = await ask(subject, [0, 0])
    const level = steps - (before.answers[0]?.remaining ?? steps)
    const durationMs = Math.round(Math.min(firstMs * factor ** level, maxMs))
    const leftMs = before.answers[1]?.resetMs ?? 0
    if (leftMs > 0) {
      // Another process has banned it already.
      endsAt.set(subject, nowMs + leftMs)
      return
    }
    endsAt.set(subject, nowMs + durationMs)
    await ask(subject, [1, durationMs])
    logger.warn({ address: subject.slice('b:'.length), durationMs, level }, 'an address was banned')
    events.emit('rate-limit.banned', { durationMs, level })
  }

  const startBan = (subject: string): void => {
    const banning = ban(subject).finally(() => underWay.delete(subject))
    underWay.set(subject, banning)
  }

  return {
    remainingMs(address) {
      const subject = subjectOf(address)
      const nowMs = clock.monotonicMs()
      if (isRemote) {
        const lookedAtMs = lookedAt.get(subject)
        if (lookedAtMs === undefined || nowMs - lookedAtMs >= lookEveryMs) look(subject, nowMs)
      }
      const endsAtMs = endsAt.get(subject)
      if (endsAtMs === undefined) return 0
      if (endsAtMs > nowMs) return endsAtMs - nowMs
      endsAt.delete(subject)
      return 0
    },
    countOffence(address, weight) {
      const subject = subjectOf(address)
      if ((endsAt.get(subject) ?? 0) > clock.monotonicMs()) return
      const { admitted, answers } = takeOffence(subject, { costs: [Math.min(weight, after)] })
      if (!admitted || answers[0]?.remaining === 0) startBan(subject)
    },
    async lift(address) {
      const subject = subjectOf(address)
      await underWay.get(subject)
      endsAt.delete(subject)
      takeOffence(subject, { costs: [-after] })
      takeAlone(subject, { costs: [-steps, -maxMs] })
      await ask(subject, [-steps, -maxMs])
    },
  }
}
