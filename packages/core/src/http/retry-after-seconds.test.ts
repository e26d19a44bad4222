import { expect, it } from 'vitest'
import { retryAfterSeconds } from './retry-after-seconds.ts'

it.each([
  // wait in ms, jitter in ms, drawn, expected s
  [0, 0, 0, 1],
  [1, 0, 0, 1],
  [1000, 0, 0, 1],
  [1000.5, 0, 0, 2],
  [59_999.5, 0, 0, 60],
  [1000, 5000, 0, 1],
  [1000, 5000, 0.5, 4],
  [1000, 5000, 0.999, 6],
])('a wait of %d ms, jitter %d ms, drawn %d: %d s', (waitMs, jitterMs, drawn, expected) => {
  expect(retryAfterSeconds(waitMs, jitterMs, () => drawn)).toBe(expected)
})
