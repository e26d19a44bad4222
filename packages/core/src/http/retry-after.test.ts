import { expect, it } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const nowMs = Date.UTC(2026, 0, 1)

it.each<[string | null | undefined, number | undefined]>([
  ['0', 0],
  ['37', 37_000],
  [' 37 ', 37_000],
  ['999999999', 999_999_999_000],
  ['Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
  ['Thursday, 01-Jan-26 00:02:00 GMT', 120_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  [null, undefined],
  [undefined, undefined],
  ['', undefined],
  ['-5', undefined],
  ['3.5', undefined],
  ['1e3', undefined],
  ['1234567890', undefined],
  ['2026-01-02', undefined],
  ['soon', undefined],
  ['Monday', undefined],
])('%j', (value, expected) => {
  expect(parseRetryAfter(value, nowMs)).toBe(expected)
})
