import type { StoreRule } from '../../src/index.ts'

const quota = { limit: 20, windowMs: 400, burst: 20, cost: 1, enforced: true }

/** What the processes of the accuracy test count: one rule of each algorithm, each with a key of its own. */
export const accuracyRules = [
  { ...quota, name: 'gcra', algorithm: 'gcra', burst: 6 },
  { ...quota, name: 'sliding-window', algorithm: 'sliding-window' },
  { ...quota, name: 'fixed-window', algorithm: 'fixed-window' },
  { ...quota, name: 'token-bucket', algorithm: 'token-bucket', burst: 26 },
] as const satisfies readonly StoreRule[]
