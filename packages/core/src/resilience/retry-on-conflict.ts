import { AlfredError, type AlfredErrorCode } from '../errors/alfred-error.ts'

/** How often a write is tried, and the error of giving up. */
export interface ConflictRetries {
  readonly maxAttempts: number
  /** The code of the error. */
  readonly code: AlfredErrorCode
}

/** What came of a write: `undefined` when another writer was first. */
export type Written<T> = { readonly value: T } | undefined

/**
 * Reads, changes and writes again until no other writer was first: optimistic locking over a store with a
 * compare-and-set. A store that refuses every write is not asked for ever.
 *
 * @param attempt - reads what there is now and writes its change of it
 * @throws {@link AlfredError} with the given code after `maxAttempts`; at once what `attempt` throws
 *
 * @example
 * ```ts
 * import { retryOnConflict } from '@alfred/core'
 *
 * let stored = 1
 * const limits = { maxAttempts: 64, code: 'ALFRED_VAULT_CONFLICT' } as const
 * const doubled = await retryOnConflict(limits, () => Promise.resolve({ value: (stored *= 2) }))
 * ```
 */
export async function retryOnConflict<T>(
  { maxAttempts, code }: ConflictRetries,
  attempt: () => Promise<Written<T>>,
): Promise<T> {
  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    const written = await attempt()
    if (written) return written.value
  }
  throw new AlfredError(
    code,
    `Gave up after ${String(maxAttempts)} attempts: other processes kept writing first. Retry.`,
  )
}
