import type { LabelDeclarations, LabelValues } from './label-declaration.ts'
import type { Incidents } from './series-set.ts'
import type { Slots } from './slots.ts'

/** One series that only grows. */
export interface Counter {
  /** Adds `amount`, 1 by default. One that is not a number ≥ 0 is left out, and counted as rejected. */
  inc(amount?: number): void
}

/** One series that goes up and down. */
export interface Gauge {
  /** One that is not a number is left out, and counted as rejected; infinities are values. */
  set(value: number): void
  inc(amount?: number): void
  dec(amount?: number): void
}

/** One series of a distribution. */
export interface Histogram {
  /** Counts `value`. One that is not a finite number is left out, and counted as rejected. */
  observe(value: number): void
  /**
   * Adds values that were counted elsewhere.
   *
   * @param counts - how many fell into each bucket by itself, the infinite one last
   * @param sum - of all of them
   */
  merge(counts: ArrayLike<number>, sum: number): void
}

/**
 * A metric with labels. `with` looks a series up or makes it, and always answers the same handle for the
 * same values: bind once, outside the hot path, and write through the handle.
 */
export interface MetricFamily<L extends LabelDeclarations, H> {
  with(values: LabelValues<L>): H
}

export function createCounter(slots: Slots, offset: number, incidents: Incidents): Counter {
  return {
    inc(amount = 1) {
      if (amount >= 0 && amount < Infinity) slots.values[offset] = (slots.values[offset] ?? 0) + amount
      else incidents.rejected()
    },
  }
}

export function createGauge(slots: Slots, offset: number, incidents: Incidents): Gauge {
  const add = (amount: number): void => {
    if (Number.isFinite(amount)) slots.values[offset] = (slots.values[offset] ?? 0) + amount
    else incidents.rejected()
  }
  return {
    set(value) {
      if (!Number.isNaN(value)) slots.values[offset] = value
      else incidents.rejected()
    },
    inc(amount = 1) {
      add(amount)
    },
    dec(amount = 1) {
      add(-amount)
    },
  }
}

/** The bucket a value falls into: the first whose upper bound it does not exceed. */
export function findBucket(bounds: readonly number[], value: number): number {
  let bucket = 0
  while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1
  return bucket
}

/** A histogram's numbers: the count of every bucket by itself, that of the infinite one, then the sum. */
export const histogramStride = (buckets: readonly number[]): number => buckets.length + 2

export function createHistogram(
  slots: Slots,
  offset: number,
  incidents: Incidents,
  bounds: readonly number[],
): Histogram {
  const sumAt = offset + bounds.length + 1
  return {
    observe(value) {
      if (!Number.isFinite(value)) {
        incidents.rejected()
        return
      }
      const { values } = slots
      const at = offset + findBucket(bounds, value)
      values[at] = (values[at] ?? 0) + 1
      values[sumAt] = (values[sumAt] ?? 0) + value
    },
    merge(counts, sum) {
      const { values } = slots
      for (let bucket = 0; bucket <= bounds.length; bucket += 1) {
        values[offset + bucket] = (values[offset + bucket] ?? 0) + (counts[bucket] ?? 0)
      }
      values[sumAt] = (values[sumAt] ?? 0) + sum
    },
  }
}
