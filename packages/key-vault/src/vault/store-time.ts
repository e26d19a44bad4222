import type { Clock, EventBus, Logger } from '@alfred/core'
import type { VaultStore } from '../stores/vault-store.ts'

/** The time that rotations go by: the store's, which all instances share. */
export interface StoreTime {
  /** ms since the epoch. Goes on with the machine's monotonic time between two looks, whatever is done to its clock. */
  now(): number
  /** Looks at the time of the store, and at the clock of this machine. */
  check(): Promise<void>
  /** Whether this instance may rotate: its clock agrees with the store's, and neither has jumped just now. */
  readonly isTrusted: boolean
}

/** What {@link createStoreTime} needs. */
export interface StoreTimeOptions {
  readonly store: Pick<VaultStore, 'now'>
  readonly clock: Clock
  readonly events: EventBus | undefined
  readonly logger: Logger
}

/** Clocks may differ by so much. */
export const clockSkewMs = 60_000

/** A time that jumped is believed after so long without another jump: a machine that slept wakes up later for good. */
const settledAfterMs = 600_000

/** A wall-clock time, and when it was asked for and answered. */
interface Reading {
  readonly wall: number
  readonly askedAt: number
  readonly answeredAt: number
}

/**
 * Builds the time of a vault. A store without a time of its own is on this machine, whose clock then counts. A jump of more than a
 * minute is not followed at once: a clock that is a month ahead for a minute would make every key due.
 */
export function createStoreTime({ store, clock, events, logger }: StoreTimeOptions): StoreTime {
  let base: Reading | undefined
  let jumped: Reading | undefined
  let isTrusted = true

  const goesOnFrom = ({ wall, askedAt }: Reading, monotonic: number): number => wall + (monotonic - askedAt)
  const now = (): number => (base ? goesOnFrom(base, clock.monotonicMs()) : clock.now())

  /** An answer is of some time between the question and its end. */
  const continues = (earlier: Reading, { wall, askedAt, answeredAt }: Reading): boolean =>
    wall >= goesOnFrom(earlier, askedAt) - clockSkewMs &&
    wall <= goesOnFrom(earlier, answeredAt) + clockSkewMs

  const follow = (reading: Reading): void => {
    if (!base || continues(base, reading)) {
      base = reading
      jumped = undefined
      return
    }
    if (!jumped || !continues(jumped, reading)) jumped = reading
    if (reading.askedAt - jumped.askedAt < settledAfterMs) return
    base = reading
    jumped = undefined
  }

  const judge = ({ wall, askedAt, answeredAt }: Reading, own: number): void => {
    const skewMs = Math.round(jumped ? wall - now() : own - wall)
    const agrees = jumped === undefined && Math.abs(skewMs) <= clockSkewMs + (answeredAt - askedAt)
    if (agrees === isTrusted) return
    isTrusted = agrees
    if (agrees) {
      logger.info({ skewMs }, 'the clocks agree again; rotation resumes')
      events?.emit('vault.clock-synchronized', { skewMs })
    } else {
      logger.warn({ skewMs }, 'the clocks differ or jumped; rotation pauses on this instance')
      events?.emit('vault.clock-skewed', { skewMs })
    }
  }

  return {
    now,
    async check() {
      const own = clock.now()
      const askedAt = clock.monotonicMs()
      const wall = store.now ? await store.now() : own
      const reading = { wall, askedAt, answeredAt: clock.monotonicMs() }
      follow(reading)
      judge(reading, own)
    },
    get isTrusted() {
      return isTrusted
    },
  }
}
