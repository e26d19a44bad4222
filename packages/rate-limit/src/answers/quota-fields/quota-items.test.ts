import { expect, it } from 'vitest'
import { policyItem } from './quota-items.ts'

const policy = { name: 'api', limit: 100, windowMs: 900_000, quotaUnit: 'requests' } as const

it.each([
  ['whole seconds', policy, '"api";q=100;w=900'],
  ['a window below a second', { ...policy, windowMs: 200 }, '"api";q=100;w=1'],
  ['a part of a second, rounded up', { ...policy, name: 'a"b', windowMs: 1500 }, '"a\\"b";q=100;w=2'],
  ['bytes', { ...policy, quotaUnit: 'content-bytes' as const }, '"api";q=100;qu="content-bytes";w=900'],
  [
    'requests under way, which have no window',
    { ...policy, quotaUnit: 'concurrent-requests' as const },
    '"api";q=100;qu="concurrent-requests"',
  ],
])('%s', (_what, given, expected) => {
  expect(policyItem(given)).toBe(expected)
})
