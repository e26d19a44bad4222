import type { Algorithm, AlgorithmName, CellAlgorithm, Quota } from './algorithm.ts'
import { algorithms } from './algorithms.ts'

/**
 * Compiles a quota, also one that only a plan can grant: a limit or burst of 0 admits nothing, a limit of `Infinity`
 * everything. Both are counted by the same script as others, so that a block holds for them too.
 *
 * @param own - the policy's own quota, by which what was counted is kept while a plan grants nothing
 * @returns `undefined` for a quota that cannot be counted exactly
 */
export function compileQuota(
  name: AlgorithmName,
  quota: Quota,
  own: Quota,
): Algorithm | CellAlgorithm | undefined {
  if (quota.limit === 0 || quota.burst === 0) return compileNothing(name, own)
  return quota.limit === Infinity ? compileEverything(name) : algorithms[name].compile(quota)
}

/** Every unit is more than fits at once. */
function compileNothing(name: AlgorithmName, own: Quota): Algorithm | undefined {
  const algorithm = algorithms[name].compile(own)
  return (
    algorithm && {
      ...algorithm,
      unit: own.burst * algorithm.unit + 1,
      waitMs: (reading, amount) => (algorithm.waitMs(reading, amount) === 0 ? 0 : Infinity),
      remaining: () => 0,
    }
  )
}

/** As many units as can be counted, back within a millisecond: no client can use them up. */
function compileEverything(name: AlgorithmName): Algorithm | undefined {
  const { compile, maxUnits } = algorithms[name]
  const algorithm = compile({ limit: maxUnits, windowMs: 1, burst: maxUnits })
  return algorithm && { ...algorithm, remaining: () => Infinity }
}
