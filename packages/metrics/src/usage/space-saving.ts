/** One key that is kept apart, and how much was counted under it since it came. */
export interface KeptKey<T> {
  readonly key: string
  readonly totals: T
  weight: number
}

/** Keeps the heaviest keys apart in bounded memory. */
export interface SpaceSaving<T> {
  /** The totals of `key`, after `weight` was added to it. */
  add(key: string, weight: number): T
  readonly kept: Iterable<KeptKey<T>>
}

/**
 * Builds a Space-Saving sketch (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k
 * Elements in Data Streams, 2005). When it is full, a new key takes the place and the weight of the lightest.
 * So a key whose true weight exceeds the whole divided by `capacity` is always among those kept.
 *
 * @param evict - given the totals of a key that leaves
 */
export function createSpaceSaving<T>(
  capacity: number,
  createTotals: () => T,
  evict: (totals: T) => void,
): SpaceSaving<T> {
  const keys = new Map<string, KeptKey<T>>()

  const makeRoom = (): number => {
    let lightest: KeptKey<T> | undefined
    for (const kept of keys.values()) {
      if (lightest === undefined || kept.weight < lightest.weight) lightest = kept
    }
    if (lightest === undefined) return 0
    keys.delete(lightest.key)
    evict(lightest.totals)
    return lightest.weight
  }

  return {
    add(key, weight) {
      let kept = keys.get(key)
      if (kept === undefined) {
        const inherited = keys.size < capacity ? 0 : makeRoom()
        keys.set(key, (kept = { key, totals: createTotals(), weight: inherited }))
      }
      kept.weight += weight
      return kept.totals
    },
    get kept() {
      return keys.values()
    },
  }
}
