/** Random choices that a seed repeats. */
export interface SeededRandom {
  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number
  /** A whole number from `least` to `most`. */
  between(min: number, max: number): number
  pick<const Items extends readonly [unknown, ...unknown[]]>(items: Items): Items[number]
  /** `true` in `share` of all cases. */
  chance(share: number): boolean
  /** So many random bytes. */
  bytes(length: number): Buffer
}

/**
 * Builds a generator of random choices (mulberry32, public domain).
 *
 * @param seed - equal seeds give equal choices
 */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    pick: (items) => items[below(items.length)] ?? items[0],
    chance: (share) => next() < share,
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => below(256))),
  }
}
