import { expect, it } from 'vitest'
import type { AlgorithmName } from '../algorithms/algorithm.ts'
import { stillCounted } from './still-counted.ts'

// Of two units in a second, the second one was counted 400 ms after the first.
const answer = { nextMs: 600, resetMs: 600 }

it.each<[AlgorithmName, number, number, number]>([
  ['gcra', 0, 2, 2],
  ['gcra', 250, 2, 1.5],
  ['gcra', 1000, 2, 0],
  ['gcra', 5000, 2, 0],
  ['fixed-window', 599, 2, 2],
  ['fixed-window', 600, 2, 0],
  ['token-bucket', 599, 5, 5],
  ['token-bucket', 600, 5, 3],
  ['token-bucket', 1599, 5, 3],
  ['token-bucket', 1600, 5, 1],
  ['token-bucket', 9999, 5, 0],
  ['concurrency', 9999, 1, 1],
])('%s: after %d ms, of %d units %d still count', (algorithm, elapsedMs, cost, expected) => {
  const policy = { algorithm, limit: 2, windowMs: 1000 }
  expect(stillCounted({ policy, quota: undefined, cost, answer, elapsedMs })).toBe(expected)
})

it.each([
  [599, 2],
  [600, 0],
])('sliding-window: after %d ms, of 2 units %d still count', (elapsedMs, expected) => {
  const policy = { algorithm: 'sliding-window', limit: 2, windowMs: 1000 } as const
  const inWindow = { nextMs: 1100, resetMs: 1600 }
  expect(stillCounted({ policy, quota: undefined, cost: 2, answer: inWindow, elapsedMs })).toBe(expected)
})

it('goes by the quota of a plan, and gives nothing back where it has no limit', () => {
  const policy = { algorithm: 'gcra', limit: 2, windowMs: 1000 } as const
  const counted = { policy, cost: 2, answer, elapsedMs: 500 }
  expect(stillCounted({ ...counted, quota: { limit: 1, burst: 2, windowMs: 1000 } })).toBe(1.5)
  expect(stillCounted({ ...counted, quota: { limit: Infinity, burst: Infinity, windowMs: 1000 } })).toBe(0)
})
