import type { Algorithm, AlgorithmName, AlgorithmScript, CellAlgorithm, Quota } from './algorithm.ts'
import { compileConcurrency, concurrencyScript, maxLeases } from './concurrency.ts'
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
  /** The largest limit and burst, and so the largest cost. */
  readonly maxUnits: number
}

/** A cell's count has 32 bits. */
const maxCellCount = 2 ** 32 - 1

/** Every algorithm by its name. */
export const algorithms: Readonly<Record<AlgorithmName, KnownAlgorithm>> = {
  gcra: {
    compile: compileGcra,
    script: gcraScript,
    bursts: true,
    maxUnits: 1_000_000_000_000,
  },
  'sliding-window': {
    compile: compileSlidingWindow,
    script: slidingWindowScript,
    maxUnits: maxCellCount,
  },
  'fixed-window': {
    compile: compileFixedWindow,
    script: fixedWindowScript,
    maxUnits: maxCellCount,
  },
  'token-bucket': {
    compile: compileTokenBucket,
    script: tokenBucketScript,
    bursts: true,
    maxUnits: maxCellCount,
  },
  concurrency: {
    compile: compileConcurrency,
    script: concurrencyScript,
    maxUnits: maxLeases,
  },
}

/** The names of all algorithms. */
export const algorithmNames = Object.keys(algorithms) as readonly AlgorithmName[]
