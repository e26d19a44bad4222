import type { Lifecycle } from '@alfred/core'

/** A client key as a store has it. The store never interprets `data`. */
export interface StoredClientKey {
  readonly id: string
  /** Counts the writes of this key, from 1. */
  readonly revision: number
  readonly data: string
  /** When it was last used, ms since the epoch. */
  readonly lastUsedAt: number | undefined
}

/** Which keys were written since a position. */
export interface ClientKeyChanges {
  /** Where the store is now; grows with every write of any key. */
  readonly position: number
  /** The ids of the written keys; `undefined` when they are too many to name. */
  readonly ids: readonly string[] | undefined
}

/** The most ids that `changes` names. */
export const maxNamedChanges = 1000

/**
 * Where client keys are. A store holds hashes and labels only, sealed against changes by others.
 *
 * All failures of the medium are `AlfredError`s `ALFRED_STORE_UNAVAILABLE`.
 */
export interface ClientKeyStore extends Lifecycle {
  find(id: string): Promise<StoredClientKey | undefined>
  /** The keys whose id comes after `after`, in the order of their ids (by code units), `limit` at the most. */
  list(after: string | undefined, limit: number): Promise<readonly StoredClientKey[]>
  /**
   * Writes a key as revision `expected + 1` if `expected` still is its revision; 0 stands for none.
   *
   * @returns whether it was done; exactly one of several writers that expect the same revision gets `true`
   */
  write(id: string, expected: number, data: string): Promise<boolean>
  /** Notes when keys were used. A time before the one that is there, and an unknown id, change nothing. */
  touch(uses: ReadonlyMap<string, number>): Promise<void>
  /**
   * What was written after `position`. A write that was done before this call began is in the answer, whoever
   * made it. Without a position, only where the store is now.
   */
  changes(position?: number): Promise<ClientKeyChanges>
  /** The wrapped pepper, `undefined` before the first write. */
  readPepper(): Promise<string | undefined>
  /** Writes the wrapped pepper if `expected` still is what stands there. @returns whether it was done */
  replacePepper(expected: string | undefined, pepper: string): Promise<boolean>
  /**
   * Calls `onChange` soon after a write by any process. It is a hint that may be missed: whoever must know asks
   * for `changes` now and then. A store without notifications does nothing.
   *
   * @returns a function that ends it
   */
  watch(onChange: () => void): () => void
}
