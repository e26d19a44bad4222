import { dropRejection } from '@alfred/core'
import type { StoreTake } from './rate-limit-store.ts'

/**
 * What a store of the application prepared. One that prepared no function counts as away: calls of it fail, and each
 * policy's `onStoreError` says what happens.
 */
export function readTake(prepared: StoreTake): StoreTake {
  const value: unknown = prepared
  if (typeof value === 'function') return prepared
  dropRejection(value)
  return () => {
    throw new TypeError('prepare() of the rate limit store must return a function.')
  }
}
