/** What a store holds at one moment. */
export interface VaultSnapshot {
  /** Counts the writes; 0 before the first. */
  readonly revision: number
  /** What was written, `undefined` before the first write. */
  readonly data: string | undefined
}

/**
 * Where a vault keeps its document. A store sees ciphertext and labels only, and never interprets them.
 *
 * All failures of the medium are `AlfredError`s `ALFRED_STORE_UNAVAILABLE`.
 */
export interface VaultStore {
  /** The newest completed write. Revisions never go back. */
  read(): Promise<VaultSnapshot>
  /**
   * Writes `data` as revision `expected + 1` if `expected` still is the revision, in one step that is
   * either done, and durable, or not done.
   *
   * @returns whether it was done; exactly one of several writers that expect the same revision gets `true`
   */
  compareAndSet(expected: number, data: string): Promise<boolean>
}
