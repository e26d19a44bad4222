import { type AlgorithmScript, type CellAlgorithm, maxUs, type Quota } from './algorithm.ts'

/**
 * A bucket of `burst` tokens into which `limit` tokens are put every `windowMs`, all at once; periods begin
 * with the first token taken from a full bucket.
 *
 * In any time t it admits at most `burst + limit × (⌊t / windowMs⌋ + 1)`. For tokens that come back evenly
 * take GCRA, which is the token bucket with a continuous refill. The reading is the tokens that are missing
 * and the microseconds to the next refill; the cell holds the time at which the bucket is full, and the
 * missing tokens as they were when it was written.
 *
 * @returns `undefined` when filling the bucket takes more than a century
 */
export function compileTokenBucket({ limit, windowMs, burst }: Quota): CellAlgorithm | undefined {
  const window = windowMs * 1000
  const refills = (missing: number): number => Math.ceil(missing / limit)
  const lifeMs = refills(burst) * windowMs
  if (lifeMs * 1000 > maxUs) return undefined
  return {
    parameters: { limit, window, burst },
    unit: 1,
    lifeMs,
    read(cell, nowUs) {
      const { timeUs, count } = cell
      if (timeUs <= nowUs || count === 0) return [0, 0]
      const missing = Math.min(count, burst)
      const all = refills(missing)
      cell.timeUs = Math.min(timeUs, nowUs + all * window)
      const leftUs = cell.timeUs - nowUs
      const toCome = Math.ceil(leftUs / window)
      return [missing - (all - toCome) * limit, leftUs - (toCome - 1) * window]
    },
    write([missing = 0, next = 0], nowUs, cell) {
      cell.timeUs = missing === 0 ? 0 : nowUs + next + (refills(missing) - 1) * window
      cell.count = missing
    },
    count([missing = 0, next = 0], amount) {
      return [Math.min(Math.max(0, missing + amount), burst), missing === 0 ? window : next]
    },
    waitMs([missing = 0, next = 0], amount) {
      if (amount > burst) return Infinity
      const tooMany = missing + amount - burst
      return tooMany <= 0 ? 0 : (next + (refills(tooMany) - 1) * window) / 1000
    },
    remaining: ([missing = 0]) => burst - missing,
    resetMs: ([missing = 0, next = 0]) =>
      missing === 0 ? 0 : (next + (refills(missing) - 1) * window) / 1000,
  }
}

/** {@link compileTokenBucket} in Lua. */
export const tokenBucketScript: AlgorithmScript = {
  cells: [['m@', 'r@']],
  reading: ['u@', 'e@'],
  read: `
    if m@ > now and r@ > 0 then
      u@, e@ = r@, m@ - now
      if u@ > {burst} then u@ = {burst} end
      local all = ceil(u@ / {limit})
      if e@ > all * {window} then e@, m@, cut = all * {window}, now + all * {window}, true end
      local come = ceil(e@ / {window})
      u@, e@ = u@ - (all - come) * {limit}, e@ - (come - 1) * {window}
    end`,
  fits: 'u@ + t@ <= {burst}',
  count: `
    if u@ == 0 then e@ = {window} end
    u@ = u@ + t@
    if u@ < 0 then u@ = 0 elseif u@ > {burst} then u@ = {burst} end`,
  write: `
    m@, r@ = now + e@ + (ceil(u@ / {limit}) - 1) * {window}, u@
    if u@ == 0 then m@ = 0 end`,
}
