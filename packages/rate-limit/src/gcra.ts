/**
 * A quota in whole units, so that counting never rounds: every microsecond drains `drain` units, every
 * unit of cost adds `unit` units, and `capacity` units is what may be owed at once.
 *
 * This is the generic cell rate algorithm in its continuous-state leaky bucket form (ITU-T I.371, annex A).
 * Over any interval it admits at most `burst + limit × interval / window`.
 */
export interface Gcra {
  readonly drain: number
  readonly unit: number
  readonly capacity: number
}

/** Twice the capacity, the largest sum that is ever formed, is then still a whole number of a double. */
const largestCapacity = 2 ** 52

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)

/**
 * Turns a quota into whole units.
 *
 * The fraction `limit / window` is kept exactly where it fits; a quota too fine for that (a million and
 * seven a month) gets the next longer whole number of microseconds between two units of cost.
 *
 * @returns `undefined` when the burst takes centuries to drain
 */
export function compileGcra(limit: number, windowMs: number, burst: number): Gcra | undefined {
  const windowUs = windowMs * 1000
  const divisor = greatestCommonDivisor(limit, windowUs)
  const exact = { drain: limit / divisor, unit: windowUs / divisor, capacity: (burst * windowUs) / divisor }
  if (exact.capacity <= largestCapacity) return exact
  const unit = Math.ceil(windowUs / limit)
  return burst * unit <= largestCapacity ? { drain: 1, unit, capacity: burst * unit } : undefined
}

/** How long a full bucket takes to drain, in milliseconds. */
export const drainMs = ({ capacity, drain }: Gcra): number => capacity / drain / 1000

/**
 * The units owed at `nowUs`, from the time at which nothing will be owed: `paidAtUs` and a rest of
 * `rest / drain` microseconds. Never above the capacity, whatever a clock that jumped or another
 * configuration left behind.
 */
export function owedAt(gcra: Gcra, paidAtUs: number, rest: number, nowUs: number): number {
  if (paidAtUs < nowUs) return 0
  return Math.min((paidAtUs - nowUs) * gcra.drain + rest, gcra.capacity)
}

/** What one policy says to one request. */
export interface PolicyAnswer {
  /** Whether the cost fitted. Of a call that counted nothing: whether the policy's own cost would fit. */
  readonly allowed: boolean
  /** Units of cost left now. */
  readonly remaining: number
  /** Milliseconds until the cost fits; 0 when it did. */
  readonly retryAfterMs: number
  /** Milliseconds until one more unit of cost is left; 0 when all are. */
  readonly nextMs: number
  /** Milliseconds until nothing is counted any more. */
  readonly resetMs: number
}

/**
 * Words the state of a bucket.
 *
 * @param owed - units owed now, the request's own among them when it was counted
 * @param missing - units that would have to be paid before the request fits; 0 when it fits
 */
export function answerOf({ drain, unit, capacity }: Gcra, owed: number, missing: number): PolicyAnswer {
  const unitsPerMs = drain * 1000
  const remaining = Math.floor((capacity - owed) / unit)
  return {
    allowed: missing === 0,
    remaining,
    retryAfterMs: missing / unitsPerMs,
    nextMs: owed === 0 ? 0 : (owed - capacity + (remaining + 1) * unit) / unitsPerMs,
    resetMs: owed / unitsPerMs,
  }
}
