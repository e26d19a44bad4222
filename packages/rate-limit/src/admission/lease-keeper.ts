import type { Clock, Timer } from '@alfred/core'

/** A lease is renewed this often within its life: two renewals may fail before it is lost. */
const renewalsPerLife = 3
/** Leases that are taken together are renewed in as many turns: all at once would keep others waiting for the store. */
const maxTurns = 16
const minTurnMs = 50

/** The leases of one life. */
interface Kept {
  /** The renewals of each turn. */
  readonly turns: readonly Set<() => void>[]
  leaseCount: number
  /** Which turn the next lease gets. */
  next: number
  timer: Timer
}

/** Keeps leases from running out while they are held. */
export interface LeaseKeeper {
  /**
   * @param lifeMs - how long a lease lasts that nobody renews
   * @returns lets go of the lease
   */
  hold(lifeMs: number, renew: () => void): () => void
  close(): void
}

/** Builds a keeper: one timer for all leases of one life, and none while none is held. */
export function createLeaseKeeper(clock: Clock): LeaseKeeper {
  const kept = new Map<number, Kept>()

  const arm = (lifeMs: number, turns: Kept['turns'], turn: number): Timer =>
    clock.setTimeout(
      () => {
        const entry = kept.get(lifeMs)
        if (!entry) return
        entry.timer = arm(lifeMs, turns, (turn + 1) % turns.length)
        for (const renew of turns[turn] ?? []) renew()
      },
      lifeMs / renewalsPerLife / turns.length,
    )

  const open = (lifeMs: number): Kept => {
    const fitting = Math.floor(lifeMs / renewalsPerLife / minTurnMs)
    const length = Math.min(Math.max(1, fitting), maxTurns)
    const turns = Array.from({ length }, () => new Set<() => void>())
    const entry = { turns, leaseCount: 0, next: 0, timer: arm(lifeMs, turns, 0) }
    kept.set(lifeMs, entry)
    return entry
  }

  return {
    hold(lifeMs, renew) {
      const entry = kept.get(lifeMs) ?? open(lifeMs)
      const turn = entry.turns[entry.next]
      entry.next = (entry.next + 1) % entry.turns.length
      // A function of its own, so that the same one may be held twice.
      const own = (): void => {
        renew()
      }
      turn?.add(own)
      entry.leaseCount += 1
      return () => {
        if (!turn?.delete(own)) return
        entry.leaseCount -= 1
        if (entry.leaseCount > 0) return
        entry.timer.cancel()
        kept.delete(lifeMs)
      }
    },
    close() {
      for (const { timer } of kept.values()) timer.cancel()
      kept.clear()
    },
  }
}
