/** A trace that stands for the values of a bucket. */
export interface StoredExemplar {
  readonly traceId: string
  readonly spanId: string | undefined
  readonly value: number
  /** Seconds since the epoch. */
  readonly timestamp: number
}

/**
 * The numbers of one metric: `stride` of them for every series, in one typed array that doubles when it
 * is full. A handle keeps the object and its offset, never the array.
 */
export interface Slots {
  values: Float64Array
  readonly stride: number
  /** How many numbers are in use. */
  used: number
  /** The last exemplar of each bucket that has one, by the bucket's offset. */
  readonly exemplars: Map<number, StoredExemplar>
}

const firstSeries = 4

export function createSlots(stride: number): Slots {
  return { values: new Float64Array(firstSeries * stride), stride, used: 0, exemplars: new Map() }
}

/** Makes room for one more series. @returns the offset of its first number */
export function addSeries(slots: Slots): number {
  const offset = slots.used
  slots.used += slots.stride
  if (slots.used > slots.values.length) {
    const grown = new Float64Array(slots.values.length * 2)
    grown.set(slots.values)
    slots.values = grown
  }
  return offset
}
