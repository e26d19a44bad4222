import { type Clock, type Logger, repeat, runDetached, systemClock, type Timer } from '@alfred/core'
import type { SessionStore } from './session-store.ts'

const roundMs = 3_600_000

/**
 * Removes conversations that nobody has used for `days`, now and each hour.
 *
 * @returns what ends it
 */
export function startRetention(
  sessions: Pick<SessionStore, 'removeOlderThan'>,
  days: number,
  logger: Logger,
  clock: Clock = systemClock,
): Timer {
  const round = (): void => {
    runDetached(
      async () => {
        const removed = await sessions.removeOlderThan(days)
        if (removed > 0)
          logger.info({ removed, days }, 'conversations beyond the retention time were removed')
      },
      (err) => {
        logger.warn({ err }, 'removing old conversations failed; retrying in an hour')
      },
    )
  }
  round()
  return repeat(clock, roundMs, round)
}
