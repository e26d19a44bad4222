/** One key that is kept apart, and what was counted under it since it came. */
export interface KeptKey<T> {
  readonly key: string
  readonly totals: T
  weight: number
}

/** Keeps the heaviest keys apart in bounded memory. */
export interface HeavyKeys<T> {
  /** The totals to count in for `key`, after `weight` was added to it: its own, or those of all others. */
  add(key: string, weight: number): T
  readonly kept: Iterable<KeptKey<T>>
  readonly others: T
}

interface Candidate {
  weight: number
  /** How much of it another key may have counted. */
  readonly error: number
}

/** How much heavier than the lightest kept key a candidate must be: two of about one weight would change for ever. */
const promotionFactor = 2

/**
 * Builds what keeps the heaviest keys apart. Candidates are weighed by a Space-Saving sketch (Metwally, Agrawal, El Abbadi:
 * Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005). One takes the place of the lightest kept
 * key when what it has counted for certain is twice as much, so each place changes hands a logarithmic number of times.
 * What was counted somewhere stays counted there: a counter that took it over would count it again.
 */
export function createHeavyKeys<T>(capacity: number, createTotals: () => T): HeavyKeys<T> {
  const kept = new Map<string, KeptKey<T>>()
  const candidates = new Map<string, Candidate>()
  const others = createTotals()

  const keep = (key: string, weight: number): T => {
    const totals = createTotals()
    kept.set(key, { key, totals, weight })
    return totals
  }

  const weigh = (key: string, weight: number): Candidate => {
    let candidate = candidates.get(key)
    if (candidate === undefined) {
      const error = candidates.size < 2 * capacity ? 0 : removeLightest(candidates)
      candidates.set(key, (candidate = { weight: error, error }))
    }
    candidate.weight += weight
    return candidate
  }

  return {
    add(key, weight) {
      const known = kept.get(key)
      if (known) {
        known.weight += weight
        return known.totals
      }
      if (kept.size < capacity) return keep(key, weight)
      const candidate = weigh(key, weight)
      const certain = candidate.weight - candidate.error
      if (certain <= promotionFactor * lightestOf(kept).weight) return others
      candidates.delete(key)
      removeLightest(kept)
      return keep(key, certain)
    },
    get kept() {
      return kept.values()
    },
    others,
  }
}

interface Weighed {
  readonly weight: number
}

function lightestOf(entries: ReadonlyMap<string, Weighed>) {
  let lightest = { key: '', weight: Infinity }
  for (const [key, { weight }] of entries) if (weight < lightest.weight) lightest = { key, weight }
  return lightest
}

/** @returns its weight */
function removeLightest(entries: Map<string, Weighed>): number {
  const { key, weight } = lightestOf(entries)
  entries.delete(key)
  return weight
}
