import { setImmediate } from 'node:timers/promises'
import type { Sink } from '../../src/delivery/sink.ts'

/** A sink that keeps what it is given, and does with it what it is told. */
export interface RecordingSink<Item> extends Sink<Item> {
  readonly attempts: Item[]
  readonly signals: AbortSignal[]
  /** What the next attempts do; afterwards they succeed. */
  readonly behaviours: (() => Promise<void>)[]
}

/** Builds a {@link RecordingSink}. */
export function recordingSink<Item>(name = 'recording'): RecordingSink<Item> {
  const attempts: Item[] = []
  const signals: AbortSignal[] = []
  const behaviours: (() => Promise<void>)[] = []
  return {
    name,
    attempts,
    signals,
    behaviours,
    async deliver(item, signal) {
      attempts.push(item)
      signals.push(signal)
      await behaviours.shift()?.()
    },
  }
}

export const fails = (): Promise<void> => Promise.reject(new Error('down'))
export const hangs = (): Promise<void> => new Promise(() => undefined)

/** Lets everything that waits for nothing but its turn run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
