import { type AlgorithmScript, type CellAlgorithm, maxUs, type Quota } from './algorithm.ts'

/**
 * A window that opens with a subject's first request and closes `windowMs` later, all units at once. No two
 * subjects' windows close together, so their retries do not either.
 *
 * A window admits at most `limit`. A time t may touch ⌊t / windowMs⌋ + 2 windows, so twice the limit may
 * come within a moment: the end of one window and the beginning of the next. The reading is what the window
 * counts and the microseconds that it still has; the cell holds its end and the count.
 *
 * @returns `undefined` when the window is longer than a century
 */
export function compileFixedWindow({ limit, windowMs }: Quota): CellAlgorithm | undefined {
  const window = windowMs * 1000
  if (window > maxUs) return undefined
  return {
    parameters: { limit, window },
    unit: 1,
    lifeMs: windowMs,
    read(cell, nowUs) {
      const { timeUs, count } = cell
      if (timeUs <= nowUs || count === 0) return [0, 0]
      cell.timeUs = Math.min(timeUs, nowUs + window)
      return [Math.min(count, limit), cell.timeUs - nowUs]
    },
    write([used = 0, left = 0], nowUs, cell) {
      cell.timeUs = used === 0 ? 0 : nowUs + left
      cell.count = used
    },
    count([used = 0, left = 0], amount) {
      return [Math.min(Math.max(0, used + amount), limit), used === 0 ? window : left]
    },
    waitMs([used = 0, left = 0], amount) {
      if (amount > limit) return Infinity
      return used + amount <= limit ? 0 : left / 1000
    },
    remaining: ([used = 0]) => limit - used,
    resetMs: ([used = 0, left = 0]) => (used === 0 ? 0 : left / 1000),
  }
}

/** {@link compileFixedWindow} in Lua. */
export const fixedWindowScript: AlgorithmScript = {
  cells: [['m@', 'r@']],
  reading: ['u@', 'e@'],
  read: `
    if m@ > now and r@ > 0 then
      u@, e@ = r@, m@ - now
      if u@ > {limit} then u@ = {limit} end
      if e@ > {window} then e@, m@, cut = {window}, now + {window}, true end
    end`,
  fits: 'u@ + t@ <= {limit}',
  count: `
    if u@ == 0 then e@ = {window} end
    u@ = u@ + t@
    if u@ < 0 then u@ = 0 elseif u@ > {limit} then u@ = {limit} end`,
  write: `
    m@, r@ = now + e@, u@
    if u@ == 0 then m@ = 0 end`,
}
