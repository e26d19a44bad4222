interface Generation {
  readonly slots: Map<string, number>
  times: Float64Array
  rests: Uint32Array
  used: number
}

const firstSlots = 64

const emptyGeneration = (): Generation => ({
  slots: new Map(),
  times: new Float64Array(firstSlots),
  rests: new Uint32Array(firstSlots),
  used: 0,
})

/** A time and a 32-bit number for each of a bounded number of keys. */
export interface KeyTable {
  /** The slot of a key, or -1. Good until the next call that takes a key. */
  find(key: string): number
  /** A slot for a key that has none. */
  insert(key: string): number
  delete(key: string): void
  time(slot: number): number
  rest(slot: number): number
  set(slot: number, time: number, rest: number): void
  /** Forgets, at the latest after twice as long, the keys that nobody asked for during `lifeMs`. For every use. */
  age(nowMs: number, lifeMs: number): void
  readonly size: number
}

/**
 * Builds a table that never holds more than `maxKeys` keys and needs no timer: keys live in two
 * generations, a key in use moves into the younger one, and once that is half of `maxKeys` the older
 * one is dropped as a whole. So the `maxKeys / 2` keys used last are always there, and every operation
 * takes the same time however many keys there are.
 */
export function createKeyTable(maxKeys: number): KeyTable {
  const half = Math.max(1, Math.floor(maxKeys / 2))
  let young = emptyGeneration()
  let old = emptyGeneration()
  let rotatedAtMs: number | undefined

  const rotate = (): void => {
    old = young
    young = emptyGeneration()
    rotatedAtMs = undefined
  }

  const insert = (key: string): number => {
    if (young.used >= half) rotate()
    const slot = young.used++
    if (slot === young.times.length) {
      const length = Math.min(half, slot * 2)
      const { times, rests } = young
      young.times = new Float64Array(length)
      young.times.set(times)
      young.rests = new Uint32Array(length)
      young.rests.set(rests)
    }
    young.slots.set(key, slot)
    return slot
  }

  return {
    find(key) {
      const slot = young.slots.get(key)
      if (slot !== undefined) return slot
      const former = old.slots.get(key)
      if (former === undefined) return -1
      const time = old.times[former] ?? 0
      const rest = old.rests[former] ?? 0
      old.slots.delete(key)
      const moved = insert(key)
      young.times[moved] = time
      young.rests[moved] = rest
      return moved
    },
    insert,
    delete(key) {
      young.slots.delete(key)
      old.slots.delete(key)
    },
    time: (slot) => young.times[slot] ?? 0,
    rest: (slot) => young.rests[slot] ?? 0,
    set(slot, time, rest) {
      young.times[slot] = time
      young.rests[slot] = rest
    },
    age(nowMs, lifeMs) {
      if (rotatedAtMs !== undefined && nowMs - rotatedAtMs > lifeMs && young.used + old.used > 0) rotate()
      rotatedAtMs ??= nowMs
    },
    get size() {
      return young.slots.size + old.slots.size
    },
  }
}
