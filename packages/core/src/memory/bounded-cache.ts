/** Keeps the entries that were used lately, and never more than its bound. */
export interface BoundedCache<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  clear(): void
  readonly size: number
}

/**
 * Builds a cache of at most `maxEntries`. It keeps two generations: when the young one is full it becomes the
 * old one, and what was not used since is dropped with the next. A hit costs one look-up, where a list in order
 * of use would cost two writes. The entries that were used last are kept, at least half of `maxEntries`.
 *
 * @example
 * ```ts
 * import { createBoundedCache } from '@alfred/core'
 *
 * const names = createBoundedCache<string>(1000)
 * names.set('7', 'Ada')
 * names.get('7') // 'Ada'
 * ```
 */
export function createBoundedCache<V>(maxEntries: number): BoundedCache<V> {
  const perGeneration = Math.ceil(maxEntries / 2)
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  const set = (key: string, value: V): void => {
    old.delete(key)
    if (young.size >= perGeneration && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young.clear()
      old.clear()
    },
    get size() {
      return young.size + old.size
    },
  }
}
