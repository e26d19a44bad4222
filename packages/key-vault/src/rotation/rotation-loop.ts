import { type Clock, type EventBus, isAlfredError, type Logger, repeat } from '@alfred/core'
import type { VaultCore } from '../vault/vault-core.ts'
import type { VaultStore } from '../stores/vault-store.ts'
import type { InstanceNotes } from './instance-notes.ts'

/** Keeps a process up with the vault. */
export interface RotationLoop {
  /** Tells the others that this instance is here, and begins to look. */
  start(): Promise<void>
  /** Looks now. */
  readonly tick: () => Promise<void>
  /** Ends it, and waits until nothing more is told. */
  stop(): Promise<void>
}

/** What the loop works with. */
export interface RotationLoopParts {
  readonly core: VaultCore
  readonly store: VaultStore
  readonly notes: InstanceNotes
  readonly pass: () => Promise<void>
  readonly pollMs: number
  readonly clock: Clock
  readonly events?: EventBus | undefined
  readonly logger: Logger
}

/**
 * Looks at the store every `pollMs`, and when the store hints at a change: takes over what changed, tells what this
 * instance knows and holds, and does what is due. When the store is away the keys known so far stay.
 */
export function createRotationLoop(parts: RotationLoopParts): RotationLoop {
  const { core, store, notes, pass, pollMs, clock, logger, events } = parts
  const stops: (() => void)[] = []
  let failingSince: number | undefined
  let hinted = false
  let stopped = false

  const report = (error: unknown): void => {
    if (stopped || failingSince !== undefined) return
    failingSince = clock.monotonicMs()
    const code = isAlfredError(error) ? error.code : 'unexpected'
    logger.warn({ err: error }, 'vault refresh failed; using the last known keys')
    events?.emit(code === 'ALFRED_VAULT_ROLLED_BACK' ? 'vault.rolled-back' : 'vault.store-unavailable', {
      code,
    })
  }

  const recover = (): void => {
    if (failingSince === undefined) return
    const outageMs = clock.monotonicMs() - failingSince
    failingSince = undefined
    logger.info({ outageMs }, 'vault refresh works again')
    events?.emit('vault.store-recovered', { outageMs })
  }

  let telling: Promise<unknown> = Promise.resolve()
  const tell = (): Promise<void> => {
    const announced = notes.tell(core.state().revision)
    telling = Promise.allSettled([telling, announced])
    return announced
  }

  let ticking: Promise<void> | undefined
  const look = async (): Promise<void> => {
    try {
      await core.refresh()
      await tell()
      await pass()
      recover()
    } catch (error) {
      report(error)
    }
  }
  const tick = (): Promise<void> => (ticking ??= look().finally(() => (ticking = undefined)))

  const followHint = async (): Promise<void> => {
    if (hinted) return
    hinted = true
    try {
      await core.refresh()
    } catch (error) {
      report(error)
    } finally {
      hinted = false
    }
  }

  return {
    async start() {
      await tell().catch(report)
      if (stopped) return
      const timer = repeat(clock, pollMs, () => void tick())
      stops.push(
        () => {
          timer.cancel()
        },
        store.watch(() => void followHint()),
        core.onChange(() => void tell().catch(report)),
      )
    },
    tick,
    async stop() {
      stopped = true
      for (const stop of stops.splice(0)) stop()
      await telling
    },
  }
}
