import type { Cell } from '../../algorithms/algorithm.ts'

interface Generation {
  readonly slots: Map<string, number>
  times: Float64Array
  counts: Uint32Array
  previous: Uint32Array
  used: number
  /** Slots below `used` whose keys were deleted. */
  readonly free: number[]
  /** After this time no cell of the generation means anything. */
  endsAtUs: number
}

const firstSlots = 64

const emptyGeneration = (): Generation => ({
  slots: new Map(),
  times: new Float64Array(firstSlots),
  counts: new Uint32Array(firstSlots),
  previous: new Uint32Array(firstSlots),
  used: 0,
  free: [],
  endsAtUs: 0,
})

function grow(generation: Generation, length: number): void {
  const { times, counts, previous } = generation
  generation.times = new Float64Array(length)
  generation.times.set(times)
  generation.counts = new Uint32Array(length)
  generation.counts.set(counts)
  generation.previous = new Uint32Array(length)
  generation.previous.set(previous)
}

/** A {@link Cell} for each of a bounded number of keys. */
export interface KeyTable {
  /** Reads a key's cell into `cell`; all zeros where there is none. */
  read(key: string, cell: Cell): boolean
  write(key: string, cell: Readonly<Cell>): void
  delete(key: string): void
  /** Forgets the keys whose cells have ended, once in `lifeMs` at the most. For every use. */
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
    if (young.slots.size >= half) rotate()
    // A key that comes and goes, as a refund makes it, takes one slot and not a new one each time.
    const slot = young.free.pop() ?? young.used++
    if (slot === young.times.length) grow(young, Math.min(half, slot * 2))
    young.slots.set(key, slot)
    return slot
  }

  const put = (slot: number, { timeUs, count, previous }: Readonly<Cell>): void => {
    young.times[slot] = timeUs
    young.counts[slot] = count
    young.previous[slot] = previous
    if (timeUs > young.endsAtUs) young.endsAtUs = timeUs
  }

  const take = ({ times, counts, previous }: Generation, slot: number, cell: Cell): void => {
    cell.timeUs = times[slot] ?? 0
    cell.count = counts[slot] ?? 0
    cell.previous = previous[slot] ?? 0
  }

  return {
    read(key, cell) {
      const slot = young.slots.get(key)
      if (slot !== undefined) {
        take(young, slot, cell)
        return true
      }
      const former = old.slots.get(key)
      if (former === undefined) {
        cell.timeUs = cell.count = cell.previous = 0
        return false
      }
      take(old, former, cell)
      old.slots.delete(key)
      put(insert(key), cell)
      return true
    },
    write(key, cell) {
      old.slots.delete(key)
      put(young.slots.get(key) ?? insert(key), cell)
    },
    delete(key) {
      const slot = young.slots.get(key)
      if (slot !== undefined && young.slots.delete(key)) young.free.push(slot)
      old.slots.delete(key)
    },
    age(nowMs, lifeMs) {
      // A cell of a longer plan outlives the rule: what is dropped has ended, whatever the caller's life is.
      const isOver = nowMs * 1000 > old.endsAtUs && young.used + old.used > 0
      if (isOver && rotatedAtMs !== undefined && nowMs - rotatedAtMs > lifeMs) rotate()
      rotatedAtMs ??= nowMs
    },
    get size() {
      return young.slots.size + old.slots.size
    },
  }
}
