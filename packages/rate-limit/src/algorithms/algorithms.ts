import type { Algorithm, AlgorithmName, AlgorithmScript, CellAlgorithm, Quota } from './algorithm.ts'
import { compileConcurrency, concurrencyScript } from './concurrency.ts'
import { compileFixedWindow, fixedWindowScript } from './fixed-window.ts'
import { compileGcra, gcraScript } from './gcra.ts'
import { compileSlidingWindow, slidingWindowScript } from './sliding-window.ts'
import { compileTokenBucket, tokenBucketScript } from './token-bucket.ts'

interface KnownAlgorithm {
  /** @returns `undefined` for a quota whose times or amounts are too large to be exact */
  readonly compile: (quota: Quota) => Algorithm | CellAlgorithm | undefined
  readonly script: AlgorithmScript
  /** Whether it can admit more at once than in a window. */
  readonly bursts?: true
}

/** Every algorithm by its name. */
export const algorithms: Readonly<Record<AlgorithmName, KnownAlgorithm>> = {
  gcra: { compile: compileGcra, script: gcraScript, bursts: true },
  'sliding-window': { compile: compileSlidingWindow, script: slidingWindowScript },
  'fixed-window': { compile: compileFixedWindow, script: fixedWindowScript },
  'token-bucket': { compile: compileTokenBucket, script: tokenBucketScript, bursts: true },
  concurrency: { compile: compileConcurrency, script: concurrencyScript },
}

/** The names of all algorithms. */
export const algorithmNames = Object.keys(algorithms) as readonly AlgorithmName[]
