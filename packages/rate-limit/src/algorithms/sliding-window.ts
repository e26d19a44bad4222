import { type AlgorithmScript, type CellAlgorithm, maxAmount, maxUs, type Quota } from './algorithm.ts'

/** How finely the weight of the former window falls, in microseconds: as finely as stays exact. */
function tickOf(limit: number, window: number): number {
  // The ticks of both windows, weighted with `limit` each, are added.
  return Math.max(1, Math.ceil((window * limit * 2) / maxAmount))
}

/**
 * The sliding window counter: what the current window counts, and the former one by the part of it that the
 * last `windowMs` still cover, as if it had come evenly. Windows follow each other from a subject's first
 * request on.
 *
 * In any time t it admits at most `limit × (1 + t / windowMs)`, the bound of GCRA with a burst of `limit`. A log of exact times would admit `limit` in
 * any `windowMs`, and would need eight bytes for each request instead of two numbers for each subject: a
 * hundred thousand subjects of a thousand requests are 800 MB. Against such a log this counter admits up to
 * twice as many in a window where the former window's requests came late in it, and refuses some where they
 * came early.
 *
 * The reading is the two counts and the microseconds that the current window has; the cells hold the counts
 * and the end of the window that follows.
 *
 * @returns `undefined` when the window is longer than half a century
 */
export function compileSlidingWindow({ limit, windowMs }: Quota): CellAlgorithm | undefined {
  const window = windowMs * 1000
  if (window * 2 > maxUs) return undefined
  const tick = tickOf(limit, window)
  const ticks = Math.ceil(window / tick)
  const capacity = limit * ticks
  const weighed = ([current = 0, former = 0, left = 0]: readonly number[]): number =>
    former * Math.ceil(left / tick) + current * ticks

  return {
    parameters: { limit, window, tick, ticks, capacity },
    unit: 1,
    lifeMs: windowMs * 2,
    read(cell, nowUs) {
      const { timeUs, count, previous } = cell
      if (timeUs <= nowUs) return [0, 0, 0]
      cell.timeUs = Math.min(timeUs, nowUs + window * 2)
      const current = Math.min(count, limit)
      const left = cell.timeUs - nowUs - window
      // The window that follows has begun.
      if (left <= 0) return current === 0 ? [0, 0, 0] : [0, current, left + window]
      return [current, Math.min(previous, limit), left]
    },
    write([current = 0, former = 0, left = 0], nowUs, cell) {
      cell.timeUs = current + former === 0 ? 0 : nowUs + left + window
      cell.count = current
      cell.previous = former
    },
    count([current = 0, former = 0, left = 0], amount) {
      const sum = Math.min(current + amount, limit)
      return [
        Math.max(0, sum),
        Math.max(0, former + Math.min(0, sum)),
        current + former === 0 ? window : left,
      ]
    },
    waitMs(reading, amount) {
      if (amount > limit) return Infinity
      if (weighed(reading) + amount * ticks <= capacity) return 0
      const [current = 0, former = 0, left = 0] = reading
      const room = capacity - amount * ticks
      const roomForFormer = room - current * ticks
      if (roomForFormer >= 0) return Math.max(0, left - Math.floor(roomForFormer / former) * tick) / 1000
      return (left + Math.max(0, window - Math.floor(room / current) * tick)) / 1000
    },
    // The former window's weight alone may be above a limit that was made smaller.
    remaining: (reading) => Math.max(0, Math.floor((capacity - weighed(reading)) / ticks)),
    resetMs([current = 0, former = 0, left = 0]) {
      if (current > 0) return (left + window) / 1000
      return former > 0 ? left / 1000 : 0
    },
  }
}

/** {@link compileSlidingWindow} in Lua. */
export const slidingWindowScript: AlgorithmScript = {
  cells: [
    ['m@', 'r@'],
    ['m@', 's@'],
  ],
  reading: ['u@', 'f@', 'e@'],
  read: `
    if m@ > now then
      u@, f@, e@ = r@, s@, m@ - now
      if u@ > {limit} then u@ = {limit} end
      if f@ > {limit} then f@ = {limit} end
      if e@ > {window} * 2 then e@, m@, cut = {window} * 2, now + {window} * 2, true end
      e@ = e@ - {window}
      if e@ <= 0 then u@, f@, e@ = 0, u@, e@ + {window} end
      if u@ + f@ == 0 then e@ = 0 end
    end`,
  fits: 'f@ * ceil(e@ / {tick}) + (u@ + t@) * {ticks} <= {capacity}',
  count: `
    if u@ + f@ == 0 then e@ = {window} end
    u@ = u@ + t@
    if u@ > {limit} then u@ = {limit} end
    if u@ < 0 then
      f@ = f@ + u@
      u@ = 0
      if f@ < 0 then f@ = 0 end
    end`,
  write: `
    m@, r@, s@ = now + e@ + {window}, u@, f@
    if u@ + f@ == 0 then m@ = 0 end`,
}
