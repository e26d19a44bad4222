import { expect, it } from 'vitest'
import { readRetryAfterMs } from './retry-after.ts'

const now = Date.parse('2026-11-30T12:00:00Z')

it.each([
  [{ 'retry-after': '37' }, 37_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Mon, 30 Nov 2026 12:00:09 GMT' }, 9000],
  [{ 'retry-after': 'Mon, 30 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  [{ 'retry-after': '86400' }, 600_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{}, undefined],
])('reads %j as %s ms', (headers, expected) => {
  expect(readRetryAfterMs(new Headers(headers), now)).toBe(expected)
})

it('reads nothing of what are no headers', () => {
  expect(readRetryAfterMs({ 'retry-after': '5' })).toBeUndefined()
})
