import type { Quota } from '../algorithms/algorithm.ts'
import { algorithms } from '../algorithms/algorithms.ts'
import type { ResolvedPolicy } from './policy.ts'

/** As PostgreSQL writes whole numbers of its type numeric. */
const wholeText = /^\d{1,20}(\.0+)?$/

/** The number of units that a plan's answer names; `undefined` for anything else. */
function readUnits(value: unknown): number | undefined {
  if (value === 'Infinity') return Infinity
  const isText = typeof value === 'string' && wholeText.test(value)
  const units = isText || typeof value === 'bigint' ? Number(value) : value
  const isUnits = typeof units === 'number' && (Number.isInteger(units) || units === Infinity) && units >= 0
  return isUnits ? units : undefined
}

/**
 * Reads the quota that a plan grants.
 *
 * @returns `undefined` for the policy's own
 * @throws RangeError for what cannot be counted
 */
export function readPlanQuota(
  { name, algorithm, windowMs, bursts }: Pick<ResolvedPolicy, 'name' | 'algorithm' | 'windowMs' | 'bursts'>,
  granted: unknown,
): Quota | undefined {
  if (granted === undefined || granted === null) return undefined
  const answer: { limit?: unknown; burst?: unknown } = typeof granted === 'object' ? granted : {}
  const limit = readUnits(answer.limit)
  const burst = bursts ? readUnits(answer.burst ?? answer.limit) : limit
  const { maxUnits } = algorithms[algorithm]
  if (limit === undefined || burst === undefined) {
    throw new RangeError(
      `The plan of "${name}" must return whole numbers from 0, or Infinity, as limit and burst.`,
    )
  }
  if (limit === Infinity) return { limit, windowMs, burst: burst === 0 ? 0 : Infinity }
  if (limit > maxUnits || burst > maxUnits) {
    throw new RangeError(`The plan of "${name}" must grant at most ${String(maxUnits)} units, or Infinity.`)
  }
  const quota = { limit, windowMs, burst }
  if (limit === 0 || burst === 0 || algorithms[algorithm].compile(quota)) return quota
  throw new RangeError(`The plan of "${name}" grants a limit or burst that cannot be counted.`)
}
