import type { Clock, Logger } from '@alfred/core'
import { repeat } from '@alfred/core'
import type { ClientKeyStore } from './stores/client-key-store.ts'

/** Notes when keys were used and tells the store now and then. */
export interface UseRecorder {
  note(id: string, now: number): void
  flush(): Promise<void>
  /** Writes what is noted and stops. */
  close(): Promise<void>
}

/** Builds the recorder. What cannot be written is kept for the next time: it is for people, not for decisions. */
export function createUseRecorder(
  store: Pick<ClientKeyStore, 'touch'>,
  { clock, logger, flushMs }: { readonly clock: Clock; readonly logger: Logger; readonly flushMs: number },
): UseRecorder {
  let noted = new Map<string, number>()

  const flush = async (): Promise<void> => {
    if (noted.size === 0) return
    const written = noted
    noted = new Map()
    try {
      await store.touch(written)
    } catch (error) {
      for (const [id, at] of written) if (!noted.has(id)) noted.set(id, at)
      logger.debug({ err: error }, 'writing lastUsedAt of client keys failed; retrying')
    }
  }

  const timer = repeat(clock, flushMs, () => void flush())
  return {
    note(id, now) {
      noted.set(id, now)
    },
    flush,
    async close() {
      timer.cancel()
      await flush()
    },
  }
}
