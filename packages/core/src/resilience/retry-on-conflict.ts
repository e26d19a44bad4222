import { AlfredError } from '../errors/alfred-error.ts'

/** How often a write is tried, and the error of giving up. */
export interface ConflictRetries {
  readonly maxAttempts: number
  /** What is written, as in `vault`. */
  readonly store: string
}

/** What came of a write: `undefined` when another writer was first. */
export type Written<T> = { readonly value: T } | undefined

/**
 * Reads, changes and writes again until no other writer was first: optimistic locking over a store with a
 * compare-and-set. A store that refuses every write is not asked for ever.
 *
 * @param attempt - reads what there is now and writes its change of it
 * @throws {@link AlfredError} `ALFRED_VAULT_CONFLICT` after `maxAttempts`; at once what `attempt` throws
 *
 * @example
 * ```ts
 * import { retryOnConflict } from '@alfred/core'
 *
 * let stored = 1
 * const limits = { maxAttempts: 64, store: 'vault' }
 * const doubled = await retryOnConflict(limits, () => Promise.resolve({ value: (stored *= 2) }))
 * ```
 */
export async function retryOnConflict<T>(
  { maxAttempts, store }: ConflictRetries,
  attempt: () => Promise<Written<T>>,
): Promise<T> {
  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    const written = await attempt()
    if (written) return written.value
  }
  throw new AlfredError(
    'ALFRED_VAULT_CONFLICT',
    `Gave up after ${String(maxAttempts)} attempts: other processes kept writing first. Retry.`,
    { store, attempts: maxAttempts },
  )
}
