// Not the clock's timer, which does not keep the process alive: a command must not end in the middle of a wait.
import { setTimeout as delay } from 'node:timers/promises'
import { AlfredError, isAlfredError } from '@alfred/core'
import { isBusy, sqliteFailure } from './sqlite-failure.ts'
import type { SqliteFormat } from './sqlite-format.ts'

/** Waits for other processes that hold the lock of a file, without holding up this one. */
export interface LockWait {
  /**
   * Does `task` again while another process is in its way.
   *
   * @throws `AlfredError` `ALFRED_STORE_UNAVAILABLE` when that lasts too long; else what `task` throws, as an `AlfredError`
   */
  retry<T>(task: () => T): Promise<T>
  /** Waits before a write that follows another one at once, when others wait: else none of them would come to write. */
  leaveGap(): Promise<void>
}

/** Another process may be in the middle of a write when a journal is looked at, and in another one right after. */
const maxForeignJournals = 5
/** How often a lock is asked for: the gap between two writes of a busy process is about a millisecond. */
const maxPauseMs = 4
/** Who has waited for so long asks as often as timers allow, and so comes before others. */
const urgentAfterMs = 500
/** How long others are taken to wait after the lock was found held. */
const contendedMs = 1000

const pauseMs = (waitedMs: number): number => (waitedMs > urgentAfterMs ? 1 : 1 + Math.random() * maxPauseMs)

/** @param lockTimeoutMs - how long `retry` may last */
export function createLockWait({
  path,
  format,
  lockTimeoutMs,
}: {
  readonly path: string
  readonly format: SqliteFormat
  readonly lockTimeoutMs: number
}): LockWait {
  let contendedUntil = 0
  let lastWriteAt = 0

  return {
    async retry(task) {
      const startedAt = performance.now()
      let foreign = 0
      for (;;) {
        const waitedMs = performance.now() - startedAt
        try {
          return task()
        } catch (error) {
          const isForeign = isAlfredError(error, 'ALFRED_VAULT_FOREIGN_JOURNAL')
          const mayPass = isBusy(error) || (isForeign && foreign++ < maxForeignJournals)
          if (!mayPass) throw sqliteFailure(path, format, error)
          if (waitedMs >= lockTimeoutMs) {
            // It says more than that it took long.
            if (isForeign) throw error
            throw new AlfredError(
              'ALFRED_STORE_UNAVAILABLE',
              `${path} was locked by another process for ${String(lockTimeoutMs)} ms. Retry.`,
              { store: 'file', path },
              { cause: error },
            )
          }
        }
        contendedUntil = performance.now() + contendedMs
        await delay(pauseMs(waitedMs))
      }
    },
    async leaveGap() {
      const now = performance.now()
      const isContended = now < contendedUntil && now - lastWriteAt < maxPauseMs
      if (isContended) await delay(1 + maxPauseMs)
      lastWriteAt = performance.now()
    },
  }
}
