import type { Algorithm, AlgorithmName, CellAlgorithm, Quota } from './algorithm.ts'
import { algorithms } from './algorithms.ts'

/**
 * Compiles a quota, also one that only a plan can grant: a limit or burst of 0 admits nothing, a limit of `Infinity`
 * everything. Both are counted by the same script as others, so that a block holds for them too.
 *
 * @returns `undefined` for a quota that cannot be counted exactly
 */
export function compileQuota(name: AlgorithmName, quota: Quota): Algorithm | CellAlgorithm | undefined {
  if (quota.limit === 0 || quota.burst === 0) return compileNothing(name, quota)
  return quota.limit === Infinity ? compileEverything(name) : algorithms[name].compile(quota)
}

function compileNothing(name: AlgorithmName, { windowMs }: Quota): Algorithm | undefined {
  const { compile, capacityParameters } = algorithms[name]
  const one = compile({ limit: 1, windowMs, burst: 1 })
  return (
    one && {
      ...one,
      parameters: {
        ...one.parameters,
        ...Object.fromEntries(capacityParameters.map((parameter) => [parameter, 0])),
      },
      count: (reading) => reading,
      waitMs: (_reading, amount) => (amount > 0 ? Infinity : 0),
      remaining: () => 0,
      resetMs: () => 0,
    }
  )
}

/** As many units as can be counted, back within a millisecond: no client can use them up. */
function compileEverything(name: AlgorithmName): Algorithm | undefined {
  const { compile, maxUnits } = algorithms[name]
  const all = compile({ limit: maxUnits, windowMs: 1, burst: maxUnits })
  return all && { ...all, waitMs: () => 0, remaining: () => Infinity, resetMs: () => 0 }
}
