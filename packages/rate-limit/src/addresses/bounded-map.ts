/** A map that forgets what was set longest ago rather than grow past `maxSize`. */
export function createBoundedMap<V>(maxSize: number) {
  const entries = new Map<string, V>()
  return {
    get: (key: string): V | undefined => entries.get(key),
    set(key: string, value: V): void {
      // Set again it is the youngest.
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= maxSize) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
    delete: (key: string): boolean => entries.delete(key),
    get size() {
      return entries.size
    },
  }
}
