import type { Clock } from '@alfred/core'
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

/** Where a value came from: a trace that is kept. Ids that are none of OpenTelemetry's are left out. */
export interface Exemplar {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId?: string | undefined
}

/** One series of a distribution. */
export interface Histogram {
  /**
   * Counts `value`. One that is not a finite number is left out, and counted as rejected.
   *
   * @param exemplar - written beside the value's bucket, in OpenMetrics alone
   */
  observe(value: number, exemplar?: Exemplar): void
  /** Names the trace of a value that {@link Histogram.merge} counts. */
  exemplify(value: number, exemplar: Exemplar): void
  /**
   * Adds values that were counted elsewhere; none when a count is no number ≥ 0 or the sum is not finite.
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
      // A string would be appended to the count.
      if (typeof amount === 'number' && amount >= 0 && amount < Infinity)
        slots.values[offset] = (slots.values[offset] ?? 0) + amount
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
      if (typeof value === 'number' && !Number.isNaN(value)) slots.values[offset] = value
      else incidents.rejected()
    },
    inc(amount = 1) {
      add(amount)
    },
    dec(amount = 1) {
      if (typeof amount === 'number') add(-amount)
      else incidents.rejected()
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

const traceIdPattern = /^[0-9a-f]{32}$/
const spanIdPattern = /^[0-9a-f]{16}$/

export function createHistogram(
  slots: Slots,
  offset: number,
  incidents: Incidents,
  bounds: readonly number[],
  clock: Pick<Clock, 'now'>,
): Histogram {
  const sumAt = offset + bounds.length + 1
  const exemplify = (value: number, { traceId, spanId }: Exemplar): void => {
    if (!Number.isFinite(value) || !traceIdPattern.test(traceId)) return
    slots.exemplars.set(offset + findBucket(bounds, value), {
      traceId,
      spanId: spanId !== undefined && spanIdPattern.test(spanId) ? spanId : undefined,
      value,
      timestamp: clock.now() / 1000,
    })
  }
  return {
    exemplify,
    observe(value, exemplar) {
      if (!Number.isFinite(value)) {
        incidents.rejected()
        return
      }
      const { values } = slots
      const at = offset + findBucket(bounds, value)
      values[at] = (values[at] ?? 0) + 1
      values[sumAt] = (values[sumAt] ?? 0) + value
      if (exemplar !== undefined) exemplify(value, exemplar)
    },
    merge(counts, sum) {
      if (
        !Number.isFinite(sum) ||
        !Array.from(counts).every((count) => Number.isFinite(count) && count >= 0)
      ) {
        incidents.rejected()
        return
      }
      const { values } = slots
      for (let bucket = 0; bucket <= bounds.length; bucket += 1) {
        values[offset + bucket] = (values[offset + bucket] ?? 0) + (counts[bucket] ?? 0)
      }
      values[sumAt] = (values[sumAt] ?? 0) + sum
    },
  }
}
