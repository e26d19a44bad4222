import type { Clock } from './clock.ts'
import { settleWithin } from './settle-within.ts'

/** Runs work that must end in time. A throw at once is a rejection, and a foreign thenable is adopted. */
export type Deadline = <T>(work: () => T | PromiseLike<T>) => Promise<Awaited<T>>

/**
 * Builds a {@link Deadline} for calls of one kind.
 *
 * @param timeoutMs - milliseconds for each call
 * @param late - the error of a call that takes longer; what becomes of the call itself is dropped
 */
export const createDeadline =
  (clock: Clock, timeoutMs: number, late: () => Error): Deadline =>
  async <T>(work: () => T | PromiseLike<T>): Promise<Awaited<T>> => {
    const outcome = await settleWithin(clock, work(), timeoutMs)
    if (outcome.settled) return outcome.value
    throw late()
  }
