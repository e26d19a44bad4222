import { expect, it } from 'vitest'
import { printable } from './printable.ts'

it.each([
  ['/a/b', '/a/b'],
  ['', ''],
  ['a\r\nb\tc\u0000', 'a??b?c?'],
  ['ü\u2028', '??'],
  ['x'.repeat(10), 'x'.repeat(10)],
  ['x'.repeat(11), `${'x'.repeat(10)}…`],
])('%j', (text, expected) => {
  expect(printable(text, 10)).toBe(expected)
})
