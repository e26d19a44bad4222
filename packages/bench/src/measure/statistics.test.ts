import { expect, it } from 'vitest'
import { median, round } from './statistics.ts'

it.each([
  [[3], 3],
  [[3, 1], 2],
  [[10, 1, 2], 2],
  [[4, 100, 1, 3], 3.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

it('refuses to make up a median', () => {
  expect(() => median([])).toThrow(RangeError)
})

it.each([
  [1234.56, 0, 1235],
  [1.9949, 2, 1.99],
])('rounds %d to %d digits', (value, digits, expected) => {
  expect(round(value, digits)).toBe(expected)
})
