import { AlfredError, createBoundedCache, type Logger } from '@alfred/core'
import type { StoredClientKey } from './stores/client-key-store.ts'

/** Accepts no record that is older than what is known of its key. */
export interface RevisionGuard {
  /**
   * Refuses a record that was changed less often than its key: by the audit trail, and by what was read and written here.
   *
   * @throws `AlfredError` `ALFRED_VAULT_ROLLED_BACK`
   */
  requireNewest(stored: StoredClientKey): void
  /** Remembers the revision of a record that was read or written here. */
  note(id: string, revision: number): void
  /** Reads the audit trail once, unless it was read. Keys are accepted meanwhile: a trail that is away keeps nobody out. */
  count(): void
  /** Forgets what records were before. */
  forget(): void
}

/** What a guard is made of. */
export interface RevisionGuardOptions {
  /** How often each key was changed, where an audit trail tells it. */
  readonly countChanges: (() => Promise<ReadonlyMap<string, number>>) | undefined
  readonly maxKeys: number
  /** Called when the trail was read: what was accepted before has to be looked at again. */
  readonly onCounted: () => void
  readonly logger: Logger
}

/** Builds a guard; each change of a key raises its revision by one. */
export function createRevisionGuard(options: RevisionGuardOptions): RevisionGuard {
  const { countChanges, maxKeys, onCounted, logger } = options
  const revisions = createBoundedCache<number>(maxKeys)
  let changes: ReadonlyMap<string, number> | undefined
  let counting: Promise<void> | undefined

  return {
    requireNewest({ id, revision }) {
      const minRevision = Math.max(changes?.get(id) ?? 0, revisions.get(id) ?? 0)
      if (revision >= minRevision) return
      throw new AlfredError(
        'ALFRED_VAULT_ROLLED_BACK',
        `The record of the client key ${id} was replaced by an older copy: revision ${String(revision)}, expected at least ${String(minRevision)}.`,
        { keyId: id, revision, minRevision },
      )
    },
    note(id, revision) {
      revisions.set(id, Math.max(revision, revisions.get(id) ?? 0))
    },
    count() {
      if (!countChanges || changes) return
      counting ??= countChanges()
        .then(
          (counted) => {
            changes = counted
            onCounted()
          },
          (error: unknown) => {
            logger.warn({ err: error }, 'comparing the client keys with the audit trail failed; retrying')
          },
        )
        .finally(() => (counting = undefined))
    },
    forget() {
      changes = undefined
      revisions.clear()
    },
  }
}
