import type { Clock, EventBus, Logger } from '@alfred/core'

/** Whether the store of the client keys answers. */
export interface StoreAvailability {
  isDown(): boolean
  markUp(): void
  markDown(error: unknown): void
}

/** What an availability is made of. */
export interface StoreAvailabilityOptions {
  readonly outageGraceMs: number
  readonly clock: Clock
  readonly events: EventBus | undefined
  readonly logger: Logger
}

/** Builds an availability that logs and emits each change of it once. */
export function createStoreAvailability({
  outageGraceMs,
  clock,
  events,
  logger,
}: StoreAvailabilityOptions): StoreAvailability {
  let downSince: number | undefined

  return {
    isDown: () => downSince !== undefined,
    markUp() {
      if (downSince === undefined) return
      const outageMs = clock.monotonicMs() - downSince
      downSince = undefined
      logger.info({ outageMs }, 'client key store available again')
      events?.emit('client-key.store-recovered', { outageMs })
    },
    markDown(error) {
      if (downSince !== undefined) return
      downSince = clock.monotonicMs()
      logger.error(
        { err: error },
        'client key store unavailable: cached keys pass until outageGraceMs ends, others get 503',
      )
      events?.emit('client-key.store-unavailable', { graceMs: outageGraceMs })
    },
  }
}
