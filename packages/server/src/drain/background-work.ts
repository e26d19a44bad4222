import { type Clock, type Logger, settleWithin } from '@alfred/core'

/** Work that goes on behind the answers, such as a job that a request has begun. */
export interface BackgroundWork {
  /** Follows `work` to its end; why it failed is its owner's to handle. */
  track(work: PromiseLike<unknown>): void
  /** Resolves when nothing is left, or after `withinMs`. @returns how much is left */
  settle(withinMs: number): Promise<number>
}

export function createBackgroundWork(clock: Clock, logger: Logger): BackgroundWork {
  const pending = new Set<PromiseLike<unknown>>()

  const settleAll = async (): Promise<void> => {
    // What ends may have begun more.
    while (pending.size > 0) await Promise.allSettled(pending)
  }

  return {
    track(work) {
      pending.add(work)
      const forget = (): void => void pending.delete(work)
      work.then(forget, forget)
    },
    async settle(withinMs) {
      if (pending.size === 0) return 0
      await settleWithin(clock, settleAll(), withinMs)
      if (pending.size > 0) logger.error({ pending: pending.size }, 'tracked work did not end in time')
      return pending.size
    },
  }
}
