import { runDetached } from '@alfred/core'

/** Calls a listener of a store. Its failure is its own: a store tells others too, in a turn where nobody catches. */
export function tellListener(listener: () => unknown): void {
  runDetached(listener, () => undefined)
}
