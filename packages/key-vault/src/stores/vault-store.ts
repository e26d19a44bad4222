import type { Lifecycle } from '@alfred/core'

/** What a store holds at one moment. */
export interface VaultSnapshot {
  /** Counts the writes; 0 before the first. */
  readonly revision: number
  /** What was written, `undefined` before the first write. */
  readonly data: string | undefined
}

/** The right to change what only one process at a time may change, for a limited time. */
export interface StoreLease {
  /**
   * Counts the holders. A write that names it is refused once a later lease was given out: a process that
   * was stopped for longer than its lease cannot undo what its successor did.
   */
  readonly epoch: number
  /**
   * Holds the lease for `ttlMs` from now on.
   *
   * @returns false when it was given to another meanwhile
   */
  renew(ttlMs: number): Promise<boolean>
  /** Gives the lease back, so that nobody waits for its end. */
  release(): Promise<void>
}

/** A part of the audit trail. */
export interface AuditPage {
  /** How many entries the trail has in all. */
  readonly length: number
  readonly entries: readonly string[]
}

/**
 * Where a vault keeps its document, its audit trail, the lease of the process that rotates, and the notes by
 * which instances know of each other. A store sees ciphertext and labels only, and never interprets them.
 *
 * All failures of the medium are `AlfredError`s `ALFRED_STORE_UNAVAILABLE`.
 */
export interface VaultStore extends Lifecycle {
  /** The newest completed write. Revisions never go back. */
  read(): Promise<VaultSnapshot>
  /**
   * Writes `data` as revision `expected + 1` if `expected` still is the revision, in one step that is
   * either done, and durable, or not done.
   *
   * @param epoch - of the lease that the writer holds, if it holds one
   * @returns whether it was done; exactly one of several writers that expect the same revision gets `true`
   * @throws `AlfredError` `ALFRED_VAULT_FENCED` when the lease was given to another meanwhile
   */
  compareAndSet(expected: number, data: string, epoch?: number): Promise<boolean>
  /**
   * Takes the lease for `ttlMs`, by the store's clock.
   *
   * @returns `undefined` while another holds it
   */
  lease(ttlMs: number): Promise<StoreLease | undefined>
  /**
   * The store's time, ms since the epoch, by which rotations of all instances go. A store on this machine leaves it out: then the
   * machine's clock counts.
   */
  readonly now?: (() => Promise<number>) | undefined
  /**
   * Calls `listener` soon after a write, by anybody. A hint: it may come late, twice or never, so that
   * whoever relies on it reads from time to time as well.
   *
   * @returns a function that ends it
   */
  watch(listener: () => void): () => void
  /** Keeps a note of an instance for `ttlMs`, in place of the one before. */
  announce(instance: string, note: string, ttlMs: number): Promise<void>
  /** The notes whose time is not over. */
  announcements(): Promise<readonly string[]>
  /**
   * Appends to the audit trail if it has `expected` entries, durably.
   *
   * @param entries - of one line each
   * @returns whether it was done; exactly one of several writers that expect the same length gets `true`
   */
  appendAudit(expected: number, entries: readonly string[]): Promise<boolean>
  /** At most `limit` entries of the audit trail, from number `from` on, which begin at 0. */
  readAudit(from: number, limit: number): Promise<AuditPage>
}

/** What a rule for a store looks for. */
export const vaultStoreMethods = [
  'read',
  'compareAndSet',
  'lease',
  'watch',
  'announce',
  'announcements',
  'appendAudit',
  'readAudit',
  'ready',
  'close',
] as const satisfies readonly (keyof VaultStore)[]
