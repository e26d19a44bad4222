import { dropRejection } from '@alfred/core'
import type { RateLimitStore, StoreRule, StoreTake } from './rate-limit-store.ts'

/**
 * Prepares a store of the application. One that throws, or returns no function, counts as away: calls of the result
 * throw, and each policy's `onStoreError` says what happens. Each call asks once more, so that the store may come back.
 */
export function prepareTake(store: RateLimitStore, rules: readonly StoreRule[]): StoreTake {
  let take: StoreTake | undefined
  const prepare = (): StoreTake => (take ??= readTake(store.prepare(rules)))
  try {
    return prepare()
  } catch {
    return (subject, options) => prepare()(subject, options)
  }
}

function readTake(prepared: StoreTake): StoreTake {
  const value: unknown = prepared
  if (typeof value === 'function') return prepared
  dropRejection(value)
  throw new TypeError('prepare() of the rate limit store must return a function.')
}
