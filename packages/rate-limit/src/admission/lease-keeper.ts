import type { Clock, Timer } from '@alfred/core'

/** A lease is renewed this often within its life: two renewals may fail before it is lost. */
const renewalsPerLife = 3

interface Kept {
  readonly renewals: Set<() => void>
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

  const arm = (lifeMs: number): Timer =>
    clock.setTimeout(() => {
      const entry = kept.get(lifeMs)
      if (!entry) return
      entry.timer = arm(lifeMs)
      for (const renew of entry.renewals) renew()
    }, lifeMs / renewalsPerLife)

  return {
    hold(lifeMs, renew) {
      let entry = kept.get(lifeMs)
      if (!entry) kept.set(lifeMs, (entry = { renewals: new Set(), timer: arm(lifeMs) }))
      const { renewals } = entry
      // A function of its own, so that the same one may be held twice.
      const own = (): void => {
        renew()
      }
      renewals.add(own)
      return () => {
        renewals.delete(own)
        if (renewals.size > 0) return
        kept.get(lifeMs)?.timer.cancel()
        kept.delete(lifeMs)
      }
    },
    close() {
      for (const { timer } of kept.values()) timer.cancel()
      kept.clear()
    },
  }
}
