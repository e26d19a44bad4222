import {
  type AlgorithmScript,
  type Cell,
  type CellAlgorithm,
  maxAmount,
  type Quota,
  type Reading,
} from './algorithm.ts'

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)

/** A cell's rest, which is below `drain`, has 32 bits. */
const maxDrain = 2 ** 32 - 1

/**
 * A quota in whole amounts: every microsecond drains `drain`, every unit of cost adds `unit`, and
 * `capacity` is what may be owed at once.
 *
 * The fraction `limit / window` is kept exactly where it fits; a quota too fine for that (a million and
 * seven a month, a gigabyte an hour) gets the next slower one whose amounts do.
 */
function wholeAmounts({ limit, windowMs, burst }: Quota) {
  const windowUs = windowMs * 1000
  const divisor = greatestCommonDivisor(limit, windowUs)
  const exact = { drain: limit / divisor, unit: windowUs / divisor }
  const { drain, unit } =
    burst * exact.unit <= maxAmount && exact.drain <= maxDrain
      ? exact
      : slowerAmounts(limit, windowUs, Math.floor(maxAmount / burst))
  return drain >= 1 && burst * unit <= maxAmount ? { drain, unit, capacity: burst * unit } : undefined
}

/** The finest amounts with a unit up to `maxUnit` that drain no faster than `limit / windowUs`; less than a unit slower. */
function slowerAmounts(limit: number, windowUs: number, maxUnit: number) {
  // The products are beyond 2^53.
  const [ofLimit, ofWindow] = [BigInt(limit), BigInt(windowUs)]
  const drain = Math.min(Number((BigInt(maxUnit) * ofLimit) / ofWindow), maxDrain)
  const unit = Number((BigInt(drain) * ofWindow + ofLimit - 1n) / ofLimit)
  return { drain, unit }
}

/**
 * The generic cell rate algorithm in its continuous-state leaky bucket form (ITU-T I.371, annex A): after a
 * burst, units come back one by one, evenly.
 *
 * In any time t it admits at most `burst + limit × t / windowMs`, and no less than that when asked often
 * enough. The reading is the amount owed; the cell holds the microsecond at which nothing will be, and the
 * rest of less than a microsecond.
 *
 * @returns `undefined` when the burst takes centuries to drain
 */
export function compileGcra(quota: Quota): CellAlgorithm | undefined {
  const amounts = wholeAmounts(quota)
  if (!amounts) return undefined
  const { drain, unit, capacity } = amounts
  const perMs = drain * 1000
  const owed = ([amount = 0]: readonly number[]): number => amount
  const write = (reading: Reading, nowUs: number, cell: Cell): void => {
    const rest = owed(reading) % drain
    cell.timeUs = nowUs + (owed(reading) - rest) / drain
    cell.count = rest
  }
  return {
    parameters: { drain, capacity },
    unit,
    lifeMs: capacity / perMs,
    read(cell, nowUs) {
      if (cell.timeUs < nowUs) return [0]
      const amount = (cell.timeUs - nowUs) * drain + cell.count
      if (amount <= capacity) return [amount]
      // A clock that went back, or a quota made smaller, must not lock anybody out.
      write([capacity], nowUs, cell)
      return [capacity]
    },
    write,
    count: (reading, amount) => [Math.min(Math.max(0, owed(reading) + amount), capacity)],
    waitMs: (reading, amount) =>
      amount > capacity ? Infinity : Math.max(0, owed(reading) + amount - capacity) / perMs,
    remaining: (reading) => Math.floor((capacity - owed(reading)) / unit),
    resetMs: (reading) => owed(reading) / perMs,
  }
}

/** {@link compileGcra} in Lua. */
export const gcraScript: AlgorithmScript = {
  cells: [['m@', 'r@']],
  reading: ['d@'],
  read: `
    if m@ >= now then
      d@ = (m@ - now) * {drain} + r@
      if d@ > {capacity} then
        d@, cut, r@ = {capacity}, true, {capacity} % {drain}
        m@ = now + ({capacity} - r@) / {drain}
      end
    end`,
  fits: 'd@ + t@ <= {capacity}',
  count: `
    d@ = d@ + t@
    if d@ < 0 then d@ = 0 elseif d@ > {capacity} then d@ = {capacity} end`,
  write: `
    r@ = d@ % {drain}
    m@ = now + (d@ - r@) / {drain}`,
}
