import type { Clock } from '@alfred/core'

/** Counts the conversations that are in use on this instance. */
export interface ActiveSessions {
  /** Notes that a conversation was used. */
  touch(sessionId: string): void
  /** How many were used in the last five minutes. */
  count(): number
}

const activeMs = 300_000

/** Builds the count. */
export function createActiveSessions(clock: Clock): ActiveSessions {
  // In the order of their last use.
  const usedAt = new Map<string, number>()
  const forgetOld = (): void => {
    for (const [sessionId, at] of usedAt) {
      if (clock.monotonicMs() - at < activeMs) return
      usedAt.delete(sessionId)
    }
  }
  return {
    touch(sessionId) {
      forgetOld()
      usedAt.delete(sessionId)
      usedAt.set(sessionId, clock.monotonicMs())
    },
    count() {
      forgetOld()
      return usedAt.size
    },
  }
}
